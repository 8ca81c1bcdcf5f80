/*
 * directory_place.h: what a directory is called, however it is written.
 */
#ifndef WEIR_CONNECTORS_DIRECTORY_PLACE_H
#define WEIR_CONNECTORS_DIRECTORY_PLACE_H

#include "common/arena.h"

/*
 * The directory of a location from the root on, without ".", "..", links and a '/' at its end ("" is the
 * root). It need not exist. For ConnectorInfo.place.
 */
extern const char *directory_place(const char *location, Arena *arena);

/* A location without "file://". */
extern const char *directory_path_of(const char *location);

#endif
