/*
 * show_list.h: what SHOW shows besides single settings, the only list of it.
 *
 * SHOW(name, callback, "help"): the callback fills a Result. To add one: a line here and its callback in
 * show.c, or in a file of its own.
 */
SHOW("streams", show_streams, "streams of the session")
SHOW("tables", show_tables, "reference tables of the session")
SHOW("views", show_views, "views of the session")
SHOW("sinks", show_sinks, "sinks of the session")
SHOW("functions", show_functions, "functions and aggregates")
SHOW("settings", show_settings, "all settings with their values")
SHOW("watermarks", show_watermarks, "how far the job has read each partition, and which one holds the watermark")
SHOW("state", show_state, "what became of the rows of each sink, by the newest manifest of the job")
SHOW("epochs", show_epochs, "manifests of the job that are kept: what each epoch has read and made")
SHOW("files", show_files, "objects that these epochs have made")
SHOW("all", show_settings, "all settings with their values")
