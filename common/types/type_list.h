/*
 * type_list.h: the SQL value types, the only list of them.
 *
 * TYPE(ID, class)
 *   ID     enum TypeId is TYPE_<ID>
 *   class  the TypeClass, which says everything else; it is defined in common/types/<name>.c
 *
 * To add a type: see README.md.
 */
TYPE(BOOLEAN, boolean_class)
TYPE(INTEGER, integer_class)
TYPE(BIGINT, bigint_class)
TYPE(DOUBLE, double_class)
TYPE(NUMERIC, numeric_class)
TYPE(TEXT, text_class)
TYPE(DATE, date_class)
TYPE(TIMESTAMP, timestamp_class)
TYPE(TIMESTAMPTZ, timestamptz_class)
TYPE(INTERVAL, interval_class)
TYPE(UUID, uuid_class)
TYPE(JSONB, jsonb_class)
