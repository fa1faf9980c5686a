/*
 * multipart/form-data (RFC 7578) of a whole body: large bodies are a mapped temporary file, so cutting them into slices costs no
 * memory. One pass, no copies of contents, no nesting. File names are what the client says: only shown, never a path of ours.
 */
#include "web/server.h"

#define LIMIT_PART_HEAD_BYTES 4096

static struct error *malformed(struct arena *arena, const char *what)
{
	return error_hint(arena, error_new(arena, ERROR_MALFORMED, "the multipart body is malformed: %s", what),
	                  "send multipart/form-data as RFC 7578 says");
}

/* Takes a line that ends with CR LF (LF alone is taken too) off the front. */
static bool next_line(text *rest, text *ret_line)
{
	ptrdiff_t end = text_find_char(text_slice(*rest, 0, LIMIT_PART_HEAD_BYTES), '\n');

	if (end < 0)
		return false;
	*ret_line = text_slice(*rest, 0, (size_t)end);
	if (text_ends_with(*ret_line, T("\r")))
		ret_line->length--;
	*rest = text_slice(*rest, (size_t)end + 1, rest->length);
	return true;
}

/* The last part of what may be a whole path ("C:\docs\x.txt"), without blanks at its ends. */
static text base_name(text name)
{
	for (size_t i = name.length; i > 0; i--)
		if (name.data[i - 1] == '/' || name.data[i - 1] == '\\')
			return text_trim(text_slice(name, i, name.length));
	return text_trim(name);
}

static bool is_media_type(text type)
{
	ptrdiff_t slash = text_find_char(type, '/');

	if (slash <= 0 || (size_t)slash + 1 >= type.length || type.length > 100)
		return false;
	for (size_t i = 0; i < type.length; i++) {
		char c = type.data[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		            strchr("!#$&^_.+-", c) != NULL || (c == '/' && (ptrdiff_t)i == slash);
		if (c == 0 || !good)
			return false;
	}
	return true;
}

static struct error *read_disposition(struct arena *arena, text value, struct part *part)
{
	if (!text_equal_ignoring_case(text_slice(value, 0, 9), T("form-data")))
		return malformed(arena, "a part is no form-data");
	text name = header_parameter(arena, value, T("name"));
	text file_name = header_parameter(arena, value, T("filename"));
	if (!text_is_set(name) || name.length == 0 || name.length > 200 || !text_is_utf8(name, NULL))
		return malformed(arena, "a part has no proper name");
	part->name = name;
	if (!text_is_set(file_name))
		return NULL;
	if (!text_is_utf8(file_name, NULL))
		return malformed(arena, "a file's name is no valid UTF-8");
	part->file_name = base_name(file_name);
	if (part->file_name.length > LIMIT_FILE_NAME_BYTES)
		return error_field(error_new(arena, ERROR_INVALID, "the file's name is longer than %d bytes",
		                             LIMIT_FILE_NAME_BYTES), name);
	return NULL;
}

static struct error *read_head(struct arena *arena, text *rest, struct part *part)
{
	text line;

	part->media_type = T("application/octet-stream");
	while (true) {
		if (!next_line(rest, &line))
			return malformed(arena, "the head of a part does not end");
		if (line.length == 0)
			break;
		ptrdiff_t colon = text_find_char(line, ':');
		if (colon <= 0)
			return malformed(arena, "a line of a part's head has no colon");
		text name = text_slice(line, 0, (size_t)colon);
		text value = text_trim(text_slice(line, (size_t)colon + 1, line.length));
		if (text_equal_ignoring_case(name, T("Content-Disposition"))) {
			if (text_is_set(part->name))
				return malformed(arena, "a part has two dispositions");
			TRY(read_disposition(arena, value, part));
		} else if (text_equal_ignoring_case(name, T("Content-Type"))) {
			ptrdiff_t end = text_find_char(value, ';');
			text type = text_trim(text_slice(value, 0, end < 0 ? value.length : (size_t)end));
			if (!is_media_type(type))
				return malformed(arena, "a part's Content-Type is no media type");
			part->media_type = text_lower_ascii(arena, type);
		} else if (text_equal_ignoring_case(name, T("Content-Transfer-Encoding"))) {
			if (!text_equal_ignoring_case(value, T("binary")) && !text_equal_ignoring_case(value, T("8bit")) &&
			    !text_equal_ignoring_case(value, T("7bit")))
				return malformed(arena, "a part has a Content-Transfer-Encoding; send it as it is");
		}
	}
	return text_is_set(part->name) ? NULL : malformed(arena, "a part has no Content-Disposition");
}

static bool is_boundary(text boundary)
{
	for (size_t i = 0; i < boundary.length; i++)
		if (boundary.data[i] <= ' ' || boundary.data[i] > '~')
			return false;
	return boundary.length >= 1 && boundary.length <= 70;
}

struct error *multipart_parse(struct arena *arena, text body, text boundary, struct part **ret_parts, size_t *ret_count)
{
	struct part *parts = NULL;
	size_t count = 0, capacity = 0;

	if (!is_boundary(boundary))
		return malformed(arena, "the boundary is missing or malformed");
	text opening = text_format(arena, "--%.*s", TEXT_ARG(boundary));
	text delimiter = text_format(arena, "\r\n--%.*s", TEXT_ARG(boundary));
	if (!text_starts_with(body, opening))
		return malformed(arena, "it does not begin with the boundary");
	text rest = text_slice(body, opening.length, body.length);
	while (!text_starts_with(rest, T("--"))) {
		text line;
		if (!next_line(&rest, &line) || text_trim(line).length != 0)
			return malformed(arena, "something stands behind the boundary");
		if (count == LIMIT_PARTS)
			return error_new(arena, ERROR_TOO_LARGE, "the multipart body has too many parts; at most %d", LIMIT_PARTS);
		struct part part = { 0 };
		TRY(read_head(arena, &rest, &part));
		/* An empty content may have its CR LF taken by the head already. */
		ptrdiff_t end = text_find(rest, delimiter);
		if (end < 0)
			return malformed(arena, "a part does not end; was the upload cut off?");
		part.content = text_slice(rest, 0, (size_t)end);
		rest = text_slice(rest, (size_t)end + delimiter.length, rest.length);
		arena_make_room(arena, parts, count, capacity);
		parts[count++] = part;
		TRY(arena_check(arena));
	}
	*ret_parts = parts;
	*ret_count = count;
	return NULL;
}
