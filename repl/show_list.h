/*
 * show_list.h: what SHOW shows besides single settings, the only list of it.
 *
 * SHOW(name, callback, "help"): the callback fills a Result. To add one: a line here and its callback in
 * show.c.
 */
SHOW("streams", show_streams, "streams of the session")
SHOW("tables", show_tables, "reference tables of the session")
SHOW("views", show_views, "views of the session")
SHOW("sinks", show_sinks, "sinks of the session")
SHOW("functions", show_functions, "functions and aggregates")
SHOW("settings", show_settings, "all settings with their values")
SHOW("all", show_settings, "all settings with their values")
