/*
 * version.h: the program's version, as --version prints it and manifests record it.
 */
#ifndef WEIR_COMMON_VERSION_H
#define WEIR_COMMON_VERSION_H

#define WEIR_VERSION "0.1.0"

#endif
