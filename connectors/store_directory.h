/*
 * store_directory.h: the object store that is a directory.
 */
#ifndef WEIR_CONNECTORS_STORE_DIRECTORY_H
#define WEIR_CONNECTORS_STORE_DIRECTORY_H

#include "executor/store.h"

extern const StoreClass directory_store_class;

#endif
