/*
 * connector_list.h: the connectors of this program, the only list of them.
 *
 * CONNECTOR(info)   a ConnectorInfo: of a source, a format of messages, or a format of sinks
 * STORE(class)      a StoreClass: where objects and state lie; it is a connector too
 *
 * "kafka", "embedded" and "s3" are made for each session, as what they share is: connectors is the registry
 * that is being filled. To add a connector: its file, an include in registry.c and a line here.
 */
CONNECTOR(&connectors->kafka.class.info)
CONNECTOR(&connectors->embedded.class.info)
CONNECTOR(&file_source_class.info)
CONNECTOR(&generator_source_class.info)
CONNECTOR(&json_format_class.info)
CONNECTOR(&csv_format_class.info)
CONNECTOR(&raw_format_class.info)
CONNECTOR(&csv_sink_class.info)
STORE(directory_store_class)
STORE(connectors->s3.class)
