/*
 * HTML templates: logic-less, compiled once at start into an immutable program, safe by construction. The compiler reads the
 * HTML along with the tags, so it knows where each value stands; a value where nothing can be made safe is a compile error.
 *
 * THE GRAMMAR
 *
 *   {{path}}                        the value, escaped for where it stands
 *   {{! a comment }}                nothing
 *   {{#if path}} A {{else}} B {{/if}}          A when true: not null, not false, not 0, not "" and not an empty list or map
 *   {{#unless path}} A {{else}} B {{/unless}}  the reverse
 *   {{#is path "literal"}} A {{else}} B {{/is}}   A when the value, written out, equals the literal; a second path may
 *   {{#is path other.path}} ...                   stand for the literal. Null equals "".
 *   {{#each path}} A {{else}} B {{/each}}      A per item of a list or map, with the item as scope; B when there is none
 *   {{#with path}} A {{else}} B {{/with}}      A with the value as scope when true, else B
 *   {{> name}}  {{> name path}}     the template partials/name.html, in this scope or in that of path
 *   {{< name}}                      first thing of a file: this page fills the blocks of the template layouts/name.html;
 *                                   everything outside blocks must be white space or comments
 *   {{#block name}} A {{/block}}    in a layout: a place with the default A; in a page: what stands there. Not inside others.
 *   {{_ "words with {path}"}}       gettext words in the language of the work; {path} is filled from the current scope
 *   {{_ path}}                      the same for a text found in the data
 *   {{_n path "{n} item" "{n} items"}}   by the number at path (which is {n}); other {paths} as above
 *   {{asset "dist/app.css"}}        URL of an embedded asset with its content hash; an unknown one is a compile error
 *   {{json path}}                   only inside <script type="application/json">: the value as JSON, with < > & escaped
 *
 * PATHS: `name.of.thing` begins in the innermost scope only (no search outward). `this` is the scope itself, `../name` begins
 * one scope further out (`../../name` two), `@root.name` in the page's data. `items.0` takes an item of a list.
 * In each: @index from 0, @number from 1, @first, @last, @key (of a map); `../@index` of the loop around.
 * An absent name is null: writes nothing, is false. Names: letters, digits, `_`, `-`. `{{{` is an error. A path of more than
 * LIMIT_TEMPLATE_PATH parts is an error.
 *
 * CONTEXTS
 *   text               & < > " ' escaped; a VALUE_HTML is written as it is, here only
 *   <title>, <textarea>  escaped, VALUE_HTML too
 *   quoted attribute   escaped, VALUE_HTML too
 *   URL attribute      (href src action formaction poster cite data ping manifest background longdesc hx-get hx-post hx-put hx-patch
 *                      hx-delete hx-push-url hx-replace-url):
 *                      at the beginning of the attribute: a whole URL. Relative (not "//"), http:, https:, mailto:, tel:
 *                      pass; anything else becomes "#". Further on: a component, percent-encoded but for A-Z a-z 0-9 - . _ ~
 *                      ("/incident/{{number}}?q={{q}}"). Static schemes are checked by the same list.
 *   anywhere else      compile error: unquoted attribute value, attribute or tag name, between attributes, comment,
 *                      <script>, <style>, style="", srcdoc="", srcset="", on*="", hx-on*="", hx-vals="", hx-vars="", hx-headers=""
 * Blocks (#if #each ...) may stand anywhere but inside tag and attribute names; each branch must end in the context in which it began:
 *   <option value="{{name}}"{{#if chosen}} selected{{/if}}>
 *   <tr class="row{{#if late}} late{{/if}}">
 * Inline <script> and style="" without values are errors too (the content security policy forbids them), but for
 * <script type="application/json"> and <script src>.
 *
 * A block tag that stands alone on its line takes the line with it. Values are written: texts as they are, integers, reals,
 * true/false; null, lists and maps write nothing.
 */
#ifndef REEVE_WEB_TEMPLATE_H
#define REEVE_WEB_TEMPLATE_H

#include "base/buffer.h"
#include "base/value.h"

#define LIMIT_TEMPLATE_PATH 8
/* Scopes (each, with, partials with a path) inside each other; partials inside partials are bounded by it too. */
#define LIMIT_TEMPLATE_DEPTH 32

struct template_set;

/* One source file: "templates/record.html" is named "record", "templates/partials/x.html" "partials/x". */
struct template_source {
	text name;
	text source;
};

/*
 * Compiles all of them. Mistakes come as one chain of ERROR_DEFINITION with file, line and column: unknown partial, block, tag,
 * unclosed block, value in a forbidden place, circular partials. `asset_url` (may be NULL: every asset is "/assets/NAME")
 * gives the URL of an embedded asset or unset. The set lives in `arena` and is immutable: any thread may write from it.
 */
must_use struct error *template_compile(struct arena *arena, const struct template_source *sources, size_t count,
                                        text (*asset_url)(void *data, struct arena *arena, text name), void *data,
                                        struct template_set **ret_set);
/* Pours `data` into the page `name`. ERROR_INTERNAL when there is no such template, ERROR_TOO_LARGE when `out` is full. */
must_use struct error *template_write(const struct template_set *set, struct arena *arena, text name, const struct value *data,
                                      text language, struct buffer *out);

#endif
