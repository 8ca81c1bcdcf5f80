/*
 * type_list.h: the SQL value types, the only list of them.
 *
 * TYPE(ID, name, ctype, field, category, preferred)
 *   ID        enum TypeId is TYPE_<ID>
 *   name      as format_type() prints it
 *   ctype     one array element of a column of this type
 *   field     member of union Value
 *   category  PostgreSQL's typcategory; preferred is its typispreferred
 *
 * To add a type: a line here, a file common/types/<name>.[ch] that defines its TypeClass, its casts in
 * planner/cast_list.h and its functions in planner/function_list.h.
 */
TYPE(BOOLEAN, "boolean", bool, b, 'B', true)
TYPE(INTEGER, "integer", int32_t, i32, 'N', false)
TYPE(BIGINT, "bigint", int64_t, i64, 'N', false)
TYPE(DOUBLE, "double precision", double, f64, 'N', true)
TYPE(NUMERIC, "numeric", Numeric, numeric, 'N', false)
TYPE(TEXT, "text", Text, text, 'S', true)
TYPE(DATE, "date", int32_t, i32, 'D', false)
TYPE(TIMESTAMP, "timestamp without time zone", int64_t, i64, 'D', false)
TYPE(TIMESTAMPTZ, "timestamp with time zone", int64_t, i64, 'D', true)
TYPE(INTERVAL, "interval", Interval, interval, 'T', true)
TYPE(UUID, "uuid", Uuid, uuid, 'U', false)
TYPE(JSONB, "jsonb", Text, text, 'U', false)
