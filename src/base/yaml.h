/* YAML (libfyaml) into values. Every scalar arrives as VALUE_TEXT: the field kind decides what it is,
 * so `no`, `on` and `09:00` never turn into something else. Quoted or not makes no difference, except that
 * plain `null`, `~` and empty are VALUE_NULL. */
#ifndef REEVE_BASE_YAML_H
#define REEVE_BASE_YAML_H

#include "base/value.h"

/*
 * Parses one document. Errors (ERROR_DEFINITION) carry file:line:column. Refused: more than one document,
 * duplicate keys, anchors/aliases (bombs), tags, non-text keys, nesting above LIMIT_YAML_DEPTH, invalid UTF-8.
 */
must_use struct error *yaml_parse(struct arena *arena, text file, text source, struct value **ret_value);

#endif
