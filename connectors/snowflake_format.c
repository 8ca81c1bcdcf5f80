/*
 * snowflake_format.c: CREATE FILE FORMAT (contract in snowflake_load.h).
 *
 * The options for CSV are those of csv_format.c, which also decides what the writer writes.
 */
#include "connectors/snowflake_load.h"

/* One object per line. Dead letters of a stream are compressed as the job's first sink is, whichever that
 * was: the reader is to find out. */
static void
append_json_options(StrBuf *out)
{
	str_append_cstr(
		out, "\n    TYPE = JSON\n    COMPRESSION = AUTO\n    ENABLE_OCTAL = FALSE"
			 "\n    ALLOW_DUPLICATE = FALSE\n    STRIP_OUTER_ARRAY = FALSE\n    STRIP_NULL_VALUES = FALSE"
			 "\n    REPLACE_INVALID_CHARACTERS = FALSE");
}

void
snowflake_append_format(const SnowflakeLoad *load)
{
	str_append_cstr(load->out, "CREATE FILE FORMAT IF NOT EXISTS ");
	snowflake_append_object(load, "_FORMAT");
	if (load->format == NULL)
		append_json_options(load->out);
	else
	{
		str_append_cstr(load->out, "\n    TYPE = CSV");
		csv_format_append_options(load->format, load->out);
	}
	snowflake_append_comment(load);
	str_append_cstr(load->out, ";\n\n");
}
