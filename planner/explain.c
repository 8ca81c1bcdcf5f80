/*
 * explain.c: EXPLAIN's options, and the text of whole plans (contract in explain.h; nodes are in
 * explain_node.c).
 */
#include "planner/explain.h"

#include <strings.h>

#include "common/ascii.h"
#include "common/suggest.h"
#include "parser/deparse.h"
#include "planner/explain_node.h"
#include "planner/location.h"
#include "planner/expr_text.h"
#include "planner/nodes.h"
#include "planner/sink_plan.h"

/* ---- options ---- */

static const char *const option_names[] = {"analyze", "verbose", "costs",   "settings", "buffers",
										   "wal",     "timing",  "summary", "format"};

static bool
read_boolean(const OptionItem *item, bool *out, Error *err)
{
	const char *value = item->value_kind == OPTION_VALUE_NONE ? "true" : item->value;

	*out = strcasecmp(value, "true") == 0 || strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0;
	if (*out || strcasecmp(value, "false") == 0 || strcasecmp(value, "off") == 0 || strcmp(value, "0") == 0)
		return true;
	return error_set(err, SQLSTATE_SYNTAX_ERROR, NO_POSITION, "%s requires a Boolean value", item->name);
}

static bool
read_format(const OptionItem *item, Error *err)
{
	static const char *const formats[] = {"json", "yaml", "xml", "dot", "mermaid", "spark"};
	const char *value = item->value != NULL ? item->value : "";
	int position = item->value != NULL ? item->value_position : item->node.position;

	if (strcasecmp(value, "text") == 0)
		return true;
	for (size_t i = 0; i < lengthof(formats); i++)
	{
		if (strcasecmp(value, formats[i]) != 0)
			continue;
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position, "EXPLAIN format \"%s\" is not supported",
				  value);
		return error_hint(err, "Use FORMAT TEXT.");
	}
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, item->node.position,
					 "unrecognized value for EXPLAIN option \"format\": \"%s\"", value);
}

static bool
unknown_option(const OptionItem *item, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(item->name));

	for (size_t i = 0; i < lengthof(option_names); i++)
		suggest_offer(&near, option_names[i]);
	error_set(err, SQLSTATE_SYNTAX_ERROR, item->node.position, "unrecognized EXPLAIN option \"%s\"",
			  item->name);
	if (near.best != NULL)
		return error_hint(err, "Perhaps you meant the option \"%s\".", near.best);
	return false;
}

/* Options that only say how ANALYZE reports. */
static bool
needs_analyze(const OptionItem *item, Error *err)
{
	char name[16] = "";
	bool on;

	if (!read_boolean(item, &on, err))
		return false;
	if (!on || strcmp(item->name, "summary") == 0)
		return true;
	for (size_t i = 0; i < sizeof name - 1 && item->name[i] != '\0'; i++)
		name[i] = ascii_upper(item->name[i]);
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "EXPLAIN option %s requires ANALYZE",
					 name);
}

bool
explain_read_options(const SyntaxList *items, ExplainOptions *out, Error *err)
{
	*out = (ExplainOptions){.costs = true};
	for (int i = 0; i < items->count; i++)
	{
		const OptionItem *item = (const OptionItem *)items->items[i];
		bool ok;

		if (strcmp(item->name, "format") == 0)
			ok = read_format(item, err);
		else if (strcmp(item->name, "analyze") == 0)
			ok = read_boolean(item, &out->analyze, err);
		else if (strcmp(item->name, "verbose") == 0)
			ok = read_boolean(item, &out->verbose, err);
		else if (strcmp(item->name, "costs") == 0)
			ok = read_boolean(item, &out->costs, err);
		else if (strcmp(item->name, "settings") == 0)
			ok = read_boolean(item, &out->settings, err);
		else if (strcmp(item->name, "timing") == 0 || strcmp(item->name, "buffers") == 0 ||
				 strcmp(item->name, "wal") == 0 || strcmp(item->name, "summary") == 0)
			ok = needs_analyze(item, err);
		else
			ok = unknown_option(item, err);
		if (!ok)
			return false;
		if (out->analyze)
		{
			error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, item->node.position,
					  "EXPLAIN ANALYZE is not supported");
			return error_hint(
				err, "Leave out ANALYZE; \\timing tells how long a statement takes, and the summary of a job "
					 "what became of its rows.");
		}
	}
	return true;
}

/* ---- plans ---- */

static void
print_settings(const PlanContext *context, const ExplainOptions *options, StrBuf *out)
{
	Settings defaults;
	bool any = false;

	if (!options->settings)
		return;
	settings_init(&defaults);
	for (size_t i = 0; i < settings_count(); i++)
	{
		const SettingInfo *info = settings_info(i);
		StrBuf now = {0};
		StrBuf before = {0};

		settings_print(context->settings, info, &now);
		settings_print(&defaults, info, &before);
		if (!str_equal(str_view(&now), str_view(&before)))
		{
			str_appendf(out, "%s%s = ", any ? ", " : "Settings: ", info->name);
			deparse_string(str_cstr(&now), out);
			any = true;
		}
		str_free(&now);
		str_free(&before);
	}
	if (any)
		str_append_char(out, '\n');
}

static void
property(StrBuf *out, const char *key, const char *value)
{
	str_appendf(out, "  %s: %s\n", key, value);
}

static void
print_partition_keys(const SinkPlan *sink, StrBuf *out)
{
	ExprPrinter printer = {.columns = sink->input->columns};

	if (sink->partition_key_count == 0)
		return;
	str_append_cstr(out, "  Partition Key: ");
	for (int i = 0; i < sink->partition_key_count; i++)
	{
		if (i > 0)
			str_append_cstr(out, ", ");
		expr_print(&printer, sink->partition_keys[i].expr, out);
		str_append_cstr(out, " AS ");
		deparse_name(sink->partition_keys[i].name, out);
	}
	str_append_char(out, '\n');
}

static void
print_order(const SinkPlan *sink, StrBuf *out)
{
	str_append_cstr(out, "  Order: ");
	if (sink->hidden_count == 0)
		str_append_cstr(out, "partition, offset");
	for (uint32_t i = 0; i < sink->hidden_count; i++)
		str_appendf(out, "%s%s", i > 0 ? ", " : "", sink->input->columns[sink->visible_count + i].name);
	str_append_char(out, '\n');
}

/* For ConnectorInfo.describe. */
static void
tell_property(void *context, const char *name, const char *value)
{
	property(context, name, value);
}

static void
print_access(const PlanContext *context, const SinkPlan *sink, StrBuf *out)
{
	const ConnectorInfo *store =
		connector_find(context->connectors, CONNECTOR_STORE, location_scheme(sink->location));

	if (store != NULL && store->describe != NULL)
		store->describe(sink->location, &sink->options, tell_property, out);
}

static void
print_sink(const PlanContext *context, const SinkPlan *sink, const ExplainOptions *options, StrBuf *out)
{
	static const char *const errors[] = {"dead letter", "stop", "skip"};

	explain_capitalised(location_scheme(sink->location), out);
	str_append_cstr(out, " Sink on ");
	deparse_name(sink->name, out);
	str_append_char(out, '\n');
	property(out, "Location", sink->location);
	if (options->verbose)
		print_access(context, sink, out);
	print_partition_keys(sink, out);
	str_appendf(out, "  Format: %s, compression %s, files of at most %s\n", sink->format->name,
				options_text(&sink->options, "compression"), options_text(&sink->options, "max_file_size"));
	property(out, "Delivery", "exactly once, create-only files");
	print_order(sink, out);
	if (sink->aggregate != NULL && sink->aggregate->aggregate.window != NULL)
		property(out, "Late Rows", sink->late_rows == LATE_DIVERT ? "diverted, counted" : "counted");
	property(out, "On Error", errors[sink->on_error]);
	if (sink->format->describe_sink != NULL)
		sink->format->describe_sink(sink, tell_property, out);
	explain_print_node(context, sink->input, options, 1, sink->visible_count, out);
}

void
explain_query(const PlanContext *context, const QueryPlan *plan, const ExplainOptions *options, StrBuf *out)
{
	explain_print_node(context, plan->root, options, 0, plan->root->column_count, out);
	print_settings(context, options, out);
}

void
explain_job(const PlanContext *context, const JobPlan *plan, const ExplainOptions *options, StrBuf *out)
{
	for (int i = 0; i < plan->sink_count; i++)
	{
		if (i > 0)
			str_append_char(out, '\n');
		print_sink(context, plan->sinks[i], options, out);
	}
	print_settings(context, options, out);
}
