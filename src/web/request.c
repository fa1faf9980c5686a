/* From the head of a request to struct web_request: path, query, negotiation, what a trusted proxy says. On a worker. */
#include "web/server.h"

/* ---- what routes ask ---- */

text request_header(const struct web_request *request, text name)
{
	return head_find(exchange_of(request), name);
}

text request_cookie(const struct web_request *request, text name)
{
	text rest = request_header(request, T("Cookie")), pair;

	while (text_is_set(rest) && text_cut(&rest, ';', &pair)) {
		pair = text_trim(pair);
		ptrdiff_t equals = text_find_char(pair, '=');
		if (equals > 0 && text_equal(text_slice(pair, 0, (size_t)equals), name))
			return text_slice(pair, (size_t)equals + 1, pair.length);
	}
	return TEXT_UNSET;
}

text request_field(const struct web_request *request, text name)
{
	return value_get_text(request->body, name);
}

text request_parameter(const struct web_request *request, text name)
{
	return value_get_text(request->parameters, name);
}

text request_query(const struct web_request *request, text name)
{
	return value_get_text(request->query, name);
}

struct error *request_query_integer(const struct web_request *request, text name, int64_t least, int64_t most,
                                    int64_t fallback, int64_t *ret_number)
{
	text source = request_query(request, name);

	if (!text_is_set(source)) {
		*ret_number = fallback;
		return NULL;
	}
	if (!text_to_integer(source, ret_number) || *ret_number < least || *ret_number > most)
		return error_field(error_new(exchange_of(request)->arena, ERROR_MALFORMED,
		                             "'%.*s' must be a number from %lld to %lld", TEXT_ARG(name), (long long)least,
		                             (long long)most),
		                   name);
	return NULL;
}

/* ---- who asks ---- */

static bool is_trusted(const struct web *web, text address)
{
	text rest = web->settings.trusted_proxies, one;

	while (text_is_set(rest) && text_cut(&rest, ' ', &one))
		if (one.length > 0 && text_equal(one, address))
			return true;
	return false;
}

/* The last address in X-Forwarded-For that is no proxy of ours: what stands before it anybody could have written. */
static text forwarded_for(const struct web *web, text list, text peer)
{
	while (list.length > 0) {
		size_t start = list.length;
		while (start > 0 && list.data[start - 1] != ',')
			start--;
		text address = text_trim(text_slice(list, start, list.length));
		if (address.length > 0 && address.length < 64 && !is_trusted(web, address))
			return address;
		list = text_slice(list, 0, start == 0 ? 0 : start - 1);
	}
	return peer;
}

static void read_proxy(struct exchange *exchange)
{
	struct web_request *request = &exchange->request;
	text peer = text_from(exchange->client->address);

	request->address = peer;
	if (!is_trusted(exchange->web, peer))
		return;
	request->address = forwarded_for(exchange->web, head_find(exchange, T("X-Forwarded-For")), peer);
	request->secure = text_equal_ignoring_case(head_find(exchange, T("X-Forwarded-Proto")), T("https"));
}

/* ---- what is wanted ---- */

/* The quality (0 .. 1000) that an Accept header gives to a media type; `exact`: wildcards do not count. */
static int quality(struct arena *arena, text accept, text wanted, bool exact)
{
	int best = -1, best_rank = -1;
	text item;

	while (text_cut(&accept, ',', &item)) {
		ptrdiff_t end = text_find_char(item, ';');
		text type = text_trim(text_slice(item, 0, end < 0 ? item.length : (size_t)end));
		double q = 1;
		text said = header_parameter(arena, item, T("q"));
		if (text_is_set(said) && !text_to_real(said, &q))
			q = 0;
		int rank = text_equal_ignoring_case(type, wanted) ? 2 : exact ? -1 : text_equal(type, T("*/*")) ? 0 : -1;
		if (rank > best_rank) {
			best_rank = rank;
			best = (int)(q * 1000);
		}
	}
	return best_rank < 0 ? 0 : best;
}

static bool wants_json(struct exchange *exchange)
{
	text accept = head_find(exchange, T("Accept"));

	if (exchange->request.is_api)
		return true;
	if (!text_is_set(accept))
		return false;
	int json = quality(exchange->arena, accept, T("application/json"), true);
	int problem = quality(exchange->arena, accept, T("application/problem+json"), true);
	return maximum(json, problem) > quality(exchange->arena, accept, T("text/html"), false);
}

/* The first language of Accept-Language: its primary tag. Words that are not translated stay English. */
static text accepted_language(struct arena *arena, text header)
{
	text first;

	if (!text_is_set(header) || !text_cut(&header, ',', &first))
		return T("en");
	first = text_trim(first);
	if (first.length < 2 || (first.length > 2 && first.data[2] != '-' && first.data[2] != ';'))
		return T("en");
	text tag = text_lower_ascii(arena, text_slice(first, 0, 2));
	return tag.data[0] >= 'a' && tag.data[0] <= 'z' && tag.data[1] >= 'a' && tag.data[1] <= 'z' ? tag : T("en");
}

static struct error *read_preconditions(struct exchange *exchange)
{
	struct web_request *request = &exchange->request;
	text match = text_trim(head_find(exchange, T("If-Match")));
	text key = head_find(exchange, T("Idempotency-Key"));

	if (text_is_set(match) && !text_equal(match, T("*"))) {
		if (text_starts_with(match, T("W/")))
			match = text_slice(match, 2, match.length);
		if (match.length >= 2 && match.data[0] == '"' && match.data[match.length - 1] == '"')
			match = text_slice(match, 1, match.length - 1);
		/* What is no version of ours can never match: as if it were an older version. */
		if (!text_to_integer(match, &request->if_match) || request->if_match <= 0)
			request->if_match = INT64_MAX;
	}
	if (!text_is_set(key) || request->method == METHOD_GET)
		return NULL;
	if (key.length == 0 || key.length > LIMIT_IDEMPOTENCY_KEY_BYTES || !text_is_utf8(key, NULL))
		return error_new(exchange->arena, ERROR_MALFORMED, "Idempotency-Key must have 1 to %d bytes",
		                 LIMIT_IDEMPOTENCY_KEY_BYTES);
	request->idempotency_key = key;
	return NULL;
}

static struct error *read_target(struct exchange *exchange)
{
	struct web_request *request = &exchange->request;
	struct arena *arena = exchange->arena;
	text target = exchange->raw_target, query = TEXT_UNSET;
	ptrdiff_t mark = text_find_char(target, '?');

	request->target = target;
	if (mark >= 0) {
		query = text_slice(target, (size_t)mark + 1, target.length);
		target = text_slice(target, 0, (size_t)mark);
	}
	request->is_api = text_starts_with(target, T("/api/"));
	request->path = target;
	request->query = value_map(arena);
	if (!text_starts_with(target, T("/")))
		return error_new(arena, ERROR_MALFORMED, "the address does not begin with /");
	if (text_find(target, T("%2f")) >= 0 || text_find(target, T("%2F")) >= 0)
		return error_new(arena, ERROR_NOT_FOUND, "there is nothing at this address");
	TRY(percent_decode(arena, target, false, &request->path));
	if (text_is_set(query))
		TRY(form_parse(arena, query, &request->query));
	return NULL;
}

struct error *request_read_head(struct exchange *exchange)
{
	struct web_request *request = &exchange->request;
	text agent = head_find(exchange, T("User-Agent"));

	request->web = exchange->web;
	request->host = head_find(exchange, T("Host"));
	request->agent = text_is_utf8(agent, NULL) ? text_slice(agent, 0, 200) : TEXT_UNSET;
	request->is_htmx = text_is_set(head_find(exchange, T("HX-Request")));
	request->language = accepted_language(exchange->arena, head_find(exchange, T("Accept-Language")));
	read_proxy(exchange);
	struct error *error = read_target(exchange);
	request->wants_json = wants_json(exchange);
	TRY(error);
	return read_preconditions(exchange);
}
