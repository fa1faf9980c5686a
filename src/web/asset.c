/*
 * Embedded browser assets under names that change with their content, so that browsers may keep them for ever. A gzip variant made
 * at build time ("x.css.gz" beside "x.css") goes to those who take it.
 */
#include "web/server.h"

#include <stdio.h>

struct asset {
	text name;       /* "dist/app.css" */
	text url;        /* "/assets/dist/app.3f2a9c01d2b3c4e5.css" */
	text content, gzip;
	text media_type;
};

struct assets {
	struct table by_name, by_path;
};

static text media_type(text name)
{
	static const struct { const char *ending, *type; } types[] = {
		{ ".css", "text/css; charset=utf-8" }, { ".js", "text/javascript; charset=utf-8" }, { ".svg", "image/svg+xml" },
		{ ".png", "image/png" }, { ".ico", "image/vnd.microsoft.icon" }, { ".woff2", "font/woff2" },
		{ ".webmanifest", "application/manifest+json" }, { ".txt", "text/plain; charset=utf-8" },
		{ ".json", "application/json" },
	};

	for (size_t i = 0; i < array_length(types); i++)
		if (text_ends_with(name, text_from(types[i].ending)))
			return text_from(types[i].type);
	return T("application/octet-stream");
}

static void add(struct arena *arena, struct assets *assets, const struct embedded_file *file)
{
	struct asset *asset = arena_new_struct(arena, struct asset);
	text name = text_from(file->path), content = embedded_text(file);
	size_t dot = name.length;

	while (dot > 0 && name.data[dot - 1] != '.' && name.data[dot - 1] != '/')
		dot--;
	if (dot == 0 || name.data[dot - 1] == '/')
		return;
	*asset = (struct asset){ .name = name, .content = content, .media_type = media_type(name) };
	asset->url = text_format(arena, "/assets/%.*s%016llx.%.*s", (int)dot, name.data, (unsigned long long)text_hash(content),
	                         TEXT_ARG(text_slice(name, dot, name.length)));
	const struct embedded_file *gzip = embedded_find(embedded_web, text_format(arena, "%.*s.gz", TEXT_ARG(name)));
	asset->gzip = gzip == NULL ? TEXT_UNSET : embedded_text(gzip);
	table_set(&assets->by_name, name, asset);
	table_set(&assets->by_path, text_slice(asset->url, 8, asset->url.length), asset);
}

struct error *assets_new(struct arena *arena, struct assets **ret_assets)
{
	struct assets *assets = arena_new_struct(arena, struct assets);

	table_init(&assets->by_name, arena);
	table_init(&assets->by_path, arena);
	for (const struct embedded_file *file = embedded_web; file->path != NULL; file++) {
		text name = text_from(file->path);
		if (!text_starts_with(name, T("templates/")) && !text_ends_with(name, T(".gz")))
			add(arena, assets, file);
	}
	*ret_assets = assets;
	return NULL;
}

text assets_url(const struct assets *assets, text name)
{
	const struct asset *asset = table_get(&assets->by_name, name);

	return asset == NULL ? TEXT_UNSET : asset->url;
}

struct error *assets_page(struct work *work, struct web_request *request, struct page *page)
{
	const struct assets *assets = exchange_of(request)->web->assets;
	const struct asset *asset = table_get(&assets->by_path, request_parameter(request, T("name")));

	if (asset == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no such asset");
	page->cache = CACHE_FOR_EVER;
	page->media_type = asset->media_type;
	page->gzipped = text_is_set(asset->gzip) && text_find(request_header(request, T("Accept-Encoding")), T("gzip")) >= 0;
	page->body = page->gzipped ? asset->gzip : asset->content;
	return NULL;
}
