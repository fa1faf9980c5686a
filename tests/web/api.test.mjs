// The JSON API as interface.md has it; every reply is validated against the OpenAPI description that the server prints, and the
// description itself is linted.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Counter, root, startServer } from "./server.mjs";

const require = createRequire(import.meta.url);
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const counter = new Counter();
const check = (...args) => counter.check(...args);
const server = await startServer();
const agent = server.person("agent.one", "Agent One", "agent");
const agentTwo = server.person("agent.two", "Agent Two", "agent");
const requester = server.person("req.one", "Requester One");
const stranger = server.person("req.two", "Requester Two");
const auditor = server.person("auditor.one", "Auditor One", "auditor");

const description = await (await fetch(`${server.url}/api/v1/openapi.json`)).json();
const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: true });
addFormats(ajv);
ajv.addSchema(description, "api");

function operationOf(method, path) {
  let best = null;
  for (const [pattern, item] of Object.entries(description.paths)) {
    const expression = new RegExp(`^${pattern.replace(/\{[^}]+\}/g, "[^/]+")}$`);
    if (!expression.test(path) || !item[method.toLowerCase()]) continue;
    if (!best || pattern.split("{").length < best.pattern.split("{").length) best = { pattern, item };
  }
  return best;
}

function pointer(...parts) {
  return "api#/" + parts.map((part) => encodeURIComponent(part.replace(/~/g, "~0").replace(/\//g, "~1"))).join("/");
}

// Every answer goes through here.
async function call(token, method, path, body, headers = {}) {
  const fields = { ...headers };
  if (token) fields.Authorization = `Bearer ${token}`;
  if (body !== undefined && !(body instanceof FormData) && typeof body !== "string") {
    fields["Content-Type"] ??= method === "PATCH" ? "application/merge-patch+json" : "application/json";
    body = JSON.stringify(body);
  }
  const answer = await fetch(server.url + path, { method, headers: fields, body, redirect: "manual" });
  const text = await answer.text();
  const type = answer.headers.get("content-type") ?? "";
  const json = type.includes("json") ? JSON.parse(text) : null;
  const operation = operationOf(method, path.split("?")[0]);
  if (operation && json !== null) {
    const code = String(answer.status);
    const verb = method.toLowerCase();
    const known = operation.item[verb].responses[code];
    check(`${method} ${operation.pattern} may answer ${code}`, known !== undefined, text);
    if (known?.content) {
      const media = Object.keys(known.content)[0];
      const validate = ajv.getSchema(pointer("paths", operation.pattern, verb, "responses", code, "content", media, "schema"));
      check(`${method} ${path} answers as described`, validate(json), { errors: validate.errors, text: text.slice(0, 300) });
    } else if (known?.$ref) {
      const validate = ajv.getSchema(pointer("components", "schemas", "Problem"));
      check(`${method} ${path} answers a problem as described`, validate(json), { errors: validate.errors, text });
      check(`${method} ${path}: the problem says its status`, json.status === answer.status, text);
    }
  }
  return { status: answer.status, headers: answer.headers, json, text };
}

const incident = { title: "Mail is down", description: "Nothing *arrives*", impact: "high", urgency: "high" };

async function testLint() {
  const file = join(server.data, "openapi.json");
  writeFileSync(file, JSON.stringify(description));
  try {
    execFileSync(process.execPath, [join(root, "tests/web/node_modules/@redocly/cli/bin/cli.js"), "lint", file, "--format=summary",
      "--extends=minimal", "--skip-rule=no-server-example.com"], { encoding: "utf8", stdio: "pipe", env: { ...process.env, REDOCLY_TELEMETRY: "off" } });
    check("the OpenAPI description passes the linter", true);
  } catch (error) {
    check("the OpenAPI description passes the linter", false, `${error.stdout}${error.stderr}`);
  }
}

async function testCreate() {
  const made = await call(agent, "POST", "/api/v1/incident", incident);
  check("create is 201", made.status === 201, made.text);
  check("create has Location and ETag", made.headers.get("location") === `/api/v1/incident/${made.json.number}` && made.headers.get("etag") === '"1"');
  check("the decision table decides", made.json.priority === "1" || made.json.priority === 1, made.json.priority);
  for (const [body, wanted, field] of [
    [{}, 422, "title"],
    [{ ...incident, nonsense: 1 }, 422, "nonsense"],
    [{ ...incident, impact: "hihg" }, 422, "impact"],
    [{ ...incident, number: "INC0009999" }, 422, "number"],
    [{ ...incident, created_at: "2020-01-01T00:00:00Z" }, 422, "created_at"],
    [{ ...incident, version: 7 }, 422, "version"],
    [{ ...incident, state: "closed" }, 422, "state"],
    [{ ...incident, title: "a\u0000b" }, 422, undefined],
    [{ ...incident, title: "x".repeat(2000) }, 422, "title"],
    [{ ...incident, requester: "nobody.here" }, 422, "requester"],
  ]) {
    const answer = await call(agent, "POST", "/api/v1/incident", body);
    check(`create ${JSON.stringify(body).slice(0, 60)} is ${wanted}`, answer.status === wanted, answer.text);
    if (field) check(`the problem names ${field}`, answer.json.errors.some((error) => error.field === field), answer.text);
  }
  const list = await call(agent, "POST", "/api/v1/incident", [1]);
  check("a list as body is 422", list.status === 422, list.text);
  const duplicate = await call(agent, "POST", "/api/v1/incident", '{"title":"a","title":"b"}', { "Content-Type": "application/json" });
  check("duplicate keys are 400", duplicate.status === 400, duplicate.text);
  const nowhere = await call(agent, "POST", "/api/v1/nothing", incident);
  check("an unknown type is 404", nowhere.status === 404, nowhere.text);
  const own = await call(requester, "POST", "/api/v1/incident", { title: "My mouse" });
  check("a requester creates", own.status === 201 && own.json.requester.number === "req.one", own.text);
  const audited = await call(auditor, "PATCH", `/api/v1/incident/${made.json.number}`, { title: "x" });
  check("an auditor reads and does not change", audited.status === 403, audited.text);
  return { number: made.json.number, own: own.json.number };
}

async function testRead({ number, own }) {
  const path = `/api/v1/incident/${number}`;
  const read = await call(agent, "GET", path);
  check("read has version, transitions and clocks", read.status === 200 && read.json.version === 1 && read.json.transitions.length > 0 && read.json.clocks.length === 2, read.text);
  check("read has an ETag", read.headers.get("etag") === '"1"');
  check("what may not be read is 404", (await call(requester, "GET", path)).status === 404);
  check("what is not there is 404 in the same words", (await call(requester, "GET", "/api/v1/incident/INC9999999")).status === 404);
  check("a requester reads their own", (await call(requester, "GET", `/api/v1/incident/${own}`)).status === 200);
  check("a stranger does not", (await call(stranger, "GET", `/api/v1/incident/${own}`)).status === 404);
  const some = await call(agent, "GET", `${path}?fields=title,priority`);
  check("fields= picks", some.status === 200 && "title" in some.json && !("impact" in some.json), some.text);
  check("an unknown field is 400", (await call(agent, "GET", `${path}?fields=titel`)).status === 400);
  check("without a token 401", (await call(null, "GET", path)).status === 401);
}

async function testUpdate({ number }) {
  const path = `/api/v1/incident/${number}`;
  const changed = await call(agent, "PATCH", path, { urgency: "low", description: null }, { "If-Match": '"1"' });
  check("a patch changes", changed.status === 200 && changed.json.version === 2 && changed.json.description === null, changed.text);
  const stale = await call(agentTwo, "PATCH", path, { urgency: "medium" }, { "If-Match": '"1"' });
  check("a stale patch is 412 with both versions", stale.status === 412 && stale.json.current !== undefined, stale.text);
  check("a foreign ETag is 412", (await call(agent, "PATCH", path, { urgency: "medium" }, { "If-Match": '"abc"' })).status === 412);
  const same = await call(agent, "PATCH", path, { urgency: "low" });
  check("no change: the same version", same.status === 200 && same.json.version === 2, same.text);
  check("a patch by who may not read is 404", (await call(requester, "PATCH", path, { title: "x" })).status === 404);
  const was = await call(agent, "GET", `${path}?as_of=${encodeURIComponent((await call(agent, "GET", path)).json.created_at)}`);
  check("as_of shows what was", was.status === 200 && was.json.urgency === "high" && was.json.transitions === undefined && !was.headers.get("etag"), was.text);
  check("as_of before its time is 404", (await call(agent, "GET", `${path}?as_of=2001-01-01`)).status === 404);
  check("as_of nonsense is 400", (await call(agent, "GET", `${path}?as_of=yesterdayish`)).status === 400);
}

async function testTransitions({ number }) {
  const path = `/api/v1/incident/${number}`;
  const missing = await call(agent, "POST", `${path}/transitions/resolve`, {});
  check("missing needs are 422", missing.status === 422 && missing.json.errors.length >= 2, missing.text);
  const started = await call(agent, "POST", `${path}/transitions/start`);
  check("start without a body", started.status === 200 && started.json.state === "in_progress" && started.json.assignee.number === "agent.one", started.text);
  check("a wrong state is 409", (await call(agent, "POST", `${path}/transitions/reopen`, { comment: "x" })).status === 409);
  check("an unknown transition is 404", [404, 409, 422].includes((await call(agent, "POST", `${path}/transitions/dance`, {})).status));
  const resolved = await call(agent, "POST", `${path}/transitions/resolve`, { resolution_code: "fixed", resolution: "Restarted" });
  check("resolve", resolved.status === 200 && resolved.json.state === "resolved", resolved.text);
}

async function testComments({ number, own }) {
  const note = await call(agent, "POST", `/api/v1/incident/${own}/comments`, { text: "Between us", visibility: "internal" });
  check("an internal note", note.status === 201 && note.json.comment === "Between us", note.text);
  const said = await call(agent, "POST", `/api/v1/incident/${own}/comments`, { text: "We look into it", visibility: "public" });
  check("a public comment", said.status === 201, said.text);
  const history = await call(requester, "GET", `/api/v1/incident/${own}/events`);
  check("a requester sees public words only", history.text.includes("We look into it") && !history.text.includes("Between us"), history.text);
  const full = await call(agent, "GET", `/api/v1/incident/${own}/events`);
  check("an agent sees both, oldest first", full.text.indexOf("Between us") > 0 && full.text.indexOf("Between us") < full.text.indexOf("We look into it"));
  check("a requester's note is refused", [403, 422].includes((await call(requester, "POST", `/api/v1/incident/${own}/comments`, { text: "x", visibility: "internal" })).status));
  check("an empty comment is 422", (await call(agent, "POST", `/api/v1/incident/${own}/comments`, { text: "" })).status === 422);
  check("an unknown key is 422", (await call(agent, "POST", `/api/v1/incident/${own}/comments`, { text: "x", colour: "red" })).status === 422);
  check("a wrong visibility is 422", (await call(agent, "POST", `/api/v1/incident/${number}/comments`, { text: "x", visibility: "secret" })).status === 422);
}

async function testAttachments({ own }) {
  const form = new FormData();
  const bytes = new Uint8Array([0, 1, 2, 255, 10, 13, 45, 45]);
  form.append("file", new Blob([bytes], { type: "text/html" }), "bad \"näme\".html");
  form.append("visibility", "public");
  const path = `/api/v1/incident/${own}/attachments`;
  const made = await call(requester, "POST", path, form);
  check("an upload is 201", made.status === 201 && made.json.size === 8, made.text);
  const answer = await fetch(server.url + made.json.url, { headers: { Authorization: `Bearer ${requester}` } });
  const back = new Uint8Array(await answer.arrayBuffer());
  check("the download has the same bytes", back.length === 8 && back.every((byte, index) => byte === bytes[index]));
  check("the download never runs", answer.headers.get("content-type") === "application/octet-stream" &&
    answer.headers.get("content-disposition").startsWith("attachment;") && answer.headers.get("content-security-policy").includes("sandbox") &&
    answer.headers.get("x-content-type-options") === "nosniff", [...answer.headers].join("; "));
  check("the name is kept", answer.headers.get("content-disposition").includes("n%C3%A4me"), answer.headers.get("content-disposition"));
  check("a stranger's download is 404", (await call(stranger, "GET", made.json.url)).status === 404);
  const other = await call(agent, "POST", "/api/v1/incident", { title: "other", impact: "low", urgency: "low" });
  check("not through another record", (await call(agent, "GET", `/api/v1/incident/${other.json.number}/attachments/${made.json.id}`)).status === 404);
  check("no file is 422", (await call(agent, "POST", path, (() => { const f = new FormData(); f.append("visibility", "public"); return f; })())).status === 422);
  check("JSON instead of a file is 415", (await call(agent, "POST", path, {})).status === 415);
  check("the list names it", (await call(agent, "GET", path)).json.items.length === 1);
  check("a nonsense id is 404", (await call(agent, "GET", `${path}/abc`)).status === 404);
}

async function testLinks({ number, own }) {
  const openapi = description.components.schemas.LinkInput;
  check("links are described", openapi.required.includes("relation"));
  const bad = await call(agent, "POST", `/api/v1/incident/${number}/links`, { relation: "nonsense", to: own });
  check("an unknown relation is 422", bad.status === 422, bad.text);
  const relations = ["duplicate_of", "related_to", "relates_to", "caused_by"];
  let made = null;
  for (const relation of relations) {
    made = await call(agent, "POST", `/api/v1/incident/${number}/links`, { relation, to: own });
    if (made.status === 201) break;
  }
  check("a link is made", made.status === 201 && made.json.to.number === own, made.text);
  check("it is listed", (await call(agent, "GET", `/api/v1/incident/${number}/links`)).json.items.length === 1);
  check("it is taken away", (await call(agent, "DELETE", made.json.url ?? `/api/v1/incident/${number}/links/0`)).status === 204);
  check("twice is 404", (await call(agent, "DELETE", made.json.url ?? `/api/v1/incident/${number}/links/0`)).status === 404);
  check("a link to what may not be read is refused", [403, 404, 422].includes((await call(requester, "POST", `/api/v1/incident/${own}/links`, { relation: "related_to", to: number })).status));
}

async function testLists() {
  for (let i = 0; i < 7; i++)
    await call(agent, "POST", "/api/v1/incident", { title: `Printer ${i}`, impact: i % 2 ? "low" : "medium", urgency: "low" });
  const seen = [];
  let after = "";
  for (let page = 0; page < 10; page++) {
    const list = await call(agent, "GET", `/api/v1/incident?q=${encodeURIComponent('title starts with "Printer"')}&sort=-priority,created_at&limit=3&count=true${after}`);
    check("a page of a list", list.status === 200 && list.json.total === 7, list.text);
    seen.push(...list.json.items.map((item) => item.number));
    if (list.json.next === null) break;
    after = `&after=${encodeURIComponent(list.json.next)}`;
  }
  check("pages join without gap or double", seen.length === 7 && new Set(seen).size === 7, seen);
  for (const [query, wanted] of [["q=prioritty%20%3D%201", 400], ["q=%28", 400], ["sort=nonsense", 400], ["limit=0", 400], ["limit=100000", 400],
    ["limit=x", 400], ["after=nonsense", 400], ["fields=nonsense", 400], ["q=a&q=b", 400], ["q=" + "a".repeat(4020), 400]]) {
    const answer = await call(agent, "GET", `/api/v1/incident?${query}`);
    check(`list ?${query.slice(0, 30)} is ${wanted}`, answer.status === wanted, answer.text);
  }
  const wrong = await call(agent, "GET", "/api/v1/incident?q=prioritty%20%3D%201");
  check("a condition's problem has a column and a hint", wrong.json.errors[0].column > 0 && /priority/.test(wrong.text), wrong.text);
  check("a requester's list holds theirs only", (await call(requester, "GET", "/api/v1/incident?count=true")).json.items.every((item) => item.requester.number === "req.one"));
  check("a stranger's list is empty", (await call(stranger, "GET", "/api/v1/incident?count=true")).json.total === 0);
}

async function testIdempotency() {
  const headers = { "Idempotency-Key": "key-1" };
  const first = await call(agent, "POST", "/api/v1/incident", incident, headers);
  const second = await call(agent, "POST", "/api/v1/incident", incident, headers);
  check("a repeat gets the first answer", first.status === 201 && second.status === 201 && first.json.number === second.json.number && first.text === second.text, [first.text, second.text]);
  check("with its headers", second.headers.get("location") === first.headers.get("location") && second.headers.get("etag") === first.headers.get("etag"));
  check("another body is 422", (await call(agent, "POST", "/api/v1/incident", { ...incident, title: "other" }, headers)).status === 422);
  check("another path is 422", (await call(agent, "POST", `/api/v1/incident/${first.json.number}/comments`, { text: "x" }, headers)).status === 422);
  const own = await call(agentTwo, "POST", "/api/v1/incident", incident, headers);
  check("keys are per person", own.status === 201 && own.json.number !== first.json.number, own.text);
  const refused = await call(agent, "POST", "/api/v1/incident", {}, { "Idempotency-Key": "key-2" });
  const again = await call(agent, "POST", "/api/v1/incident", {}, { "Idempotency-Key": "key-2" });
  check("a refusal is kept too", refused.status === 422 && again.status === 422 && again.headers.get("idempotency-replayed") === "true", again.text);
  const many = await Promise.all(Array.from({ length: 8 }, () => call(agent, "POST", "/api/v1/incident", incident, { "Idempotency-Key": "key-3" })));
  const numbers = new Set(many.filter((answer) => answer.status === 201).map((answer) => answer.json.number));
  check("at the same moment: one record, the others its answer or 409", numbers.size === 1 && many.every((answer) => [201, 409].includes(answer.status)), many.map((answer) => answer.status));
  check("an empty key is 400", (await call(agent, "POST", "/api/v1/incident", incident, { "Idempotency-Key": "k".repeat(300) })).status === 400);
}

async function testBulk({ own }) {
  const items = [{ title: "Bulk 1", impact: "low", urgency: "low" }, { title: "" }, { number: own, urgency: "high" }, { number: "INC9999999", urgency: "low" }];
  const done = await call(agent, "POST", "/api/v1/incident/bulk", { items });
  check("bulk answers each item", done.status === 200 && done.json.items.map((item) => item.status).join() === "201,422,200,404", done.text);
  const headers = { "Idempotency-Key": "bulk-1" };
  const one = await call(agent, "POST", "/api/v1/incident/bulk", { items: [items[0]] }, headers);
  const two = await call(agent, "POST", "/api/v1/incident/bulk", { items: [items[0]] }, headers);
  check("bulk with a key changes nothing twice", one.json.items[0].number === two.json.items[0].number, [one.text, two.text]);
  check("too many items are 422", (await call(agent, "POST", "/api/v1/incident/bulk", { items: Array(1001).fill({}) })).status === 422);
  check("no items are 422", (await call(agent, "POST", "/api/v1/incident/bulk", { items: [] })).status === 422);
  const large = await call(agent, "POST", "/api/v1/incident/bulk", { items: Array.from({ length: 1000 }, (_, i) => ({ title: `Many ${i}`, impact: "low", urgency: "low" })) });
  check("a thousand are made", large.status === 200 && large.json.items.every((item) => item.status === 201), large.text.slice(0, 300));
}

async function testSearchAndFeed({ own }) {
  let hits = { json: { items: [] } };
  for (let i = 0; i < 40 && hits.json.items.length === 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    hits = await call(agent, "GET", "/api/v1/search?q=printer&type=incident");
  }
  check("search finds words of titles", hits.json.items.length > 0, hits.text);
  const marked = await call(agent, "GET", "/api/v1/search?q=arrives");
  check("snippets are highlighted", marked.json.items.some((item) => item.snippet_html.includes("<mark>arrives</mark>")), marked.text);
  check("search without words is 400", (await call(agent, "GET", "/api/v1/search")).status === 400);
  check("a stranger finds nothing", (await call(stranger, "GET", "/api/v1/search?q=printer")).json.items.length === 0);
  const first = await call(agent, "GET", "/api/v1/changes?since=0&limit=5");
  check("changes are paged", first.json.items.length === 5 && first.json.next === first.json.items[4].seq, first.text);
  const next = await call(agent, "GET", `/api/v1/changes?since=${first.json.next}&limit=5`);
  check("the next page goes on", next.json.items[0].seq > first.json.next, next.text);
  check("changes carry no field data", !first.text.includes("Mail is down"));
  const own_feed = await call(stranger, "GET", "/api/v1/changes?since=0&limit=1000");
  check("a stranger's feed knows nothing of others", !own_feed.text.includes(own), own_feed.text.slice(0, 300));
}

async function testSmall() {
  const types = await call(agent, "GET", "/api/v1/");
  check("the types are listed with links", types.json.types.some((type) => type.name === "incident" && type.links.list === "/api/v1/incident"), types.text);
  check("alive", (await call(null, "GET", "/healthz")).status === 200);
  check("ready", (await call(null, "GET", "/readyz")).status === 200);
  const metrics = await fetch(`${server.url}/metrics`);
  check("metrics are there", (await metrics.text()).includes("reeve_http_request_seconds_bucket"));
  const text = await call(agent, "PATCH", "/api/v1/incident/INC0000001", "{}", { "Content-Type": "application/x-www-form-urlencoded" });
  check("a form is 415", text.status === 415, text.text);
  const reader = server.command("token", "add", "agent.one", "--scope", "read").trim();
  check("a reading token reads", (await call(reader, "GET", "/api/v1/incident")).status === 200);
  check("a reading token does not write", (await call(reader, "POST", "/api/v1/incident", incident)).status === 403);
}

// A request without a model has the tasks of its type; agents add to them, requesters follow the request alone.
async function testTasks() {
  const made = await call(requester, "POST", "/api/v1/service_request", { title: "A second screen" });
  check("a request is made", made.status === 201, made.text);
  const path = `/api/v1/service_request/${made.json.number}`;
  const added = await call(agent, "POST", "/api/v1/work_task", { parent: made.json.number, title: "Order it" });
  check("a task is added by hand", added.status === 201 && added.json.parent.number === made.json.number, added.text);
  const second = await call(agent, "POST", "/api/v1/work_task", { parent: made.json.number, title: "Set it up", after: [added.json.number] });
  check("a task that waits is pending", second.status === 201 && second.json.state === "pending", second.text);
  const graph = await call(agent, "GET", `${path}/tasks`);
  check("the graph has its nodes", graph.status === 200 && graph.json.items.some((task) => task.number === second.json.number && task.level === 1), graph.text);
  check("and its edges", graph.json.edges.some((edge) => edge.from === added.json.number && edge.to === second.json.number), graph.text);
  const read = await call(agent, "GET", path);
  check("the record says how far they are", read.json.tasks.total === graph.json.items.length && read.json.tasks.open >= 2, read.text);
  check("a requester sees none of them", (await call(requester, "GET", `${path}/tasks`)).json.items.length === 0);
  check("nor one alone", (await call(requester, "GET", `/api/v1/work_task/${added.json.number}`)).status === 404);
  check("a requester adds none", (await call(requester, "POST", "/api/v1/work_task", { parent: made.json.number, title: "x" })).status === 403);
  const circle = await call(agent, "PATCH", `/api/v1/work_task/${added.json.number}`, { after: [second.json.number] });
  check("a circle is 422", circle.status === 422 && circle.json.errors[0].field === "after", circle.text);
  const moved = await call(agent, "PATCH", `/api/v1/work_task/${added.json.number}`, { parent: "SRQ0000000" });
  check("a task stays with its record", moved.status === 422, moved.text);
  const parent = await call(agent, "POST", "/api/v1/incident", incident);
  await call(agent, "POST", "/api/v1/incident", { ...incident, parent: parent.json.number });
  const over = await call(agent, "GET", `/api/v1/incident/${parent.json.number}`);
  check("children are counted by state", over.json.children.length === 1 && over.json.children[0].states.new === 1, over.text);
}

async function testCatalogue() {
  const catalogue = server.person("cat.alogue", "Cat Alogue", "catalogue_manager", "administrator");
  const offer = (body) => call(catalogue, "POST", "/api/v1/offering", body);
  check("an offering is made", (await offer({ name: "starter", title: "New starter", model: "new_starter", price: 1200, approval: "purchase" })).status === 201);
  check("another", (await offer({ name: "secret", title: "For few", model: "equipment", entitled: "vip = true" })).status === 201);
  const wrong = await offer({ name: "wrong", title: "x", entitled: "vipp = true" });
  check("a condition is checked when it is saved", wrong.status === 422 && wrong.json.errors[0].field === "entitled" && /column 1/.test(wrong.json.errors[0].message), wrong.text);
  check("a model too", (await offer({ name: "wrong", title: "x", model: "nothing" })).status === 422);
  const shown = await call(requester, "GET", "/api/v1/catalogue?q=starter");
  check("the catalogue is found by words", shown.json.items.length === 1 && shown.json.items[0].name === "starter", shown.text);
  check("what is not offered is not in it", !(await call(requester, "GET", "/api/v1/catalogue")).text.includes("secret"));
  check("the offering itself is not for requesters", [403, 404].includes((await call(requester, "GET", "/api/v1/offering/secret")).status));
  check("nor their list", (await call(requester, "GET", "/api/v1/offering")).status !== 200 || (await call(requester, "GET", "/api/v1/offering")).json.items.length === 0);
  check("its form is 404", (await call(requester, "GET", "/api/v1/offering/secret/form")).status === 404);
  check("ordering it is 404", (await call(requester, "POST", "/api/v1/service_request", { offering: "secret" })).status === 404);
  const form = await call(requester, "GET", "/api/v1/offering/starter/form");
  check("the form has its pages", form.json.pages.length === 3 && form.json.pages[0].questions.some((one) => one.question === "company" && !one.asked), form.text);
  const asked = await call(requester, "POST", "/api/v1/offering/starter/form", { answers: { contract: "external" } });
  check("it follows the answers", asked.json.pages[0].questions.some((one) => one.question === "company" && one.asked), asked.text);
  check("and says what is missing", asked.json.errors.some((one) => one.field === "answers.company"), asked.text);
  const laptop = asked.json.pages[1].questions.find((one) => one.question === "laptop");
  check("choices follow the answers", laptop.choices.every((one) => one.name !== "strong"), asked.text);
  const refused = await call(requester, "POST", "/api/v1/service_request", { offering: "starter", answers: { contract: "permanent", company: "x", lapto: "none", accounts: 7 } });
  const fields = refused.json.errors.map((one) => one.field);
  check("each wrong answer is told", refused.status === 422 && ["answers.lapto", "answers.company", "answers.name", "answers.start", "answers.accounts"].every((one) => fields.includes(one)), refused.text);
  for (const answers of [7, "x", [], { accounts: [[]] }, { accounts: Array(60).fill({ system: "x" }) }, { name: "a\u0000b" }, { start: "soon" }, { manager: { number: "nobody" } }])
    check(`answers ${JSON.stringify(answers).slice(0, 30)} are 422`, (await call(requester, "POST", "/api/v1/service_request", { offering: "starter", answers })).status === 422);
  check("answers without an order are 422", (await call(requester, "POST", "/api/v1/service_request", { title: "x", answers: { a: 1 } })).status === 422);
  check("a model of one's own is 422", (await call(requester, "POST", "/api/v1/service_request", { title: "x", model: "leaver", answers: {} })).status === 422);
  const made = await call(requester, "POST", "/api/v1/service_request", { offering: "starter", answers: { name: "Ada", start: "2027-01-01T09:00:00Z", accounts: [{ system: "Orders" }] } });
  check("it is ordered", made.status === 201 && made.json.title === "New starter: Ada", made.text);
  check("the answers stand in it", made.json.answers.find((one) => one.question === "accounts").rows[0][0].value === "Orders", made.text);
  check("others do not see it", (await call(stranger, "GET", `/api/v1/service_request/${made.json.number}`)).status === 404);
  check("its history has the answers", (await call(agent, "GET", `/api/v1/service_request/${made.json.number}/events`)).text.includes("Orders"));
}

async function testItems() {
  const keeper = server.person("keeper", "Keeper", "configuration_manager");
  const make = async (body) => (await call(keeper, "POST", "/api/v1/ci", body)).json.number;
  const host = await make({ class: "server", name: "api-host", serial: "S-1", team: null }), machine = await make({ class: "virtual_machine", name: "api-vm" });
  const shop = await make({ class: "application", name: "api-shop" }), secret = await make({ class: "hardware", name: "api-secret", restricted: true });
  const one = await call(keeper, "GET", `/api/v1/ci/${host}`);
  check("a record has the fields of its class only", one.json.serial === "S-1" && !("address" in one.json) && !("licence" in one.json), one.text);
  const wrong = await call(keeper, "PATCH", `/api/v1/ci/${host}`, { address: "x" });
  check("a field of another class is 422 with its classes", wrong.status === 422 && wrong.json.errors[0].field === "address" && /application/.test(wrong.json.errors[0].hint), wrong.text);
  const lost = await call(keeper, "PATCH", `/api/v1/ci/${host}`, { class: "facility" });
  check("a class that would lose a value is 422", lost.status === 422 && /serial would be lost/.test(lost.text), lost.text);
  const link = (from, relation, to) => call(keeper, "POST", `/api/v1/ci/${from}/links`, { relation, to });
  check("machine on host", (await link(machine, "hosted_on", host)).status === 201);
  check("shop on machine", (await link(shop, "runs_on", machine)).status === 201);
  check("host needs the secret one", (await link(host, "depends_on", secret)).status === 201);
  const second = await link(machine, "hosted_on", secret);
  check("a relation holds to its classes", second.status === 422, second.text);
  const up = await call(keeper, "GET", `/api/v1/ci/${host}/impact`);
  check("impact upstream", up.json.items.map((item) => `${item.title} ${item.level}`).join() === "api-vm 1,api-shop 2" && up.json.items[1].via.number === machine, up.text);
  check("depth ends it", (await call(keeper, "GET", `/api/v1/ci/${host}/impact?depth=1`)).json.deeper === true);
  const down = await call(agent, "GET", `/api/v1/ci/${shop}/impact?direction=down`);
  check("what may not be read is counted only", down.json.hidden === 1 && !down.text.includes("api-secret") && down.json.items.length === 2, down.text);
  check("a wrong direction is 400", (await call(keeper, "GET", `/api/v1/ci/${host}/impact?direction=left`)).status === 400);
  check("hidden items have no impact", (await call(agent, "GET", `/api/v1/ci/${secret}/impact`)).status === 404);
  const incident = await call(agent, "POST", "/api/v1/incident", { title: "The shop is down", ci: shop, requester: "req.one" });
  check("an incident names its item", incident.status === 201 && incident.json.ci.number === shop, incident.text);
  const related = await call(agent, "GET", `/api/v1/ci/${shop}/related/open_incidents?fields=title`);
  check("and the item its incidents", related.json.items.length === 1 && related.json.items[0].number === incident.json.number, related.text);
  check("an unknown list is 404", (await call(agent, "GET", `/api/v1/ci/${shop}/related/open_incident`)).status === 404);
  check("an item that may not be read has no lists", (await call(stranger, "GET", `/api/v1/ci/${shop}/related/open_incidents`)).status === 404);
  const under = await call(agent, "GET", "/api/v1/ci?q=class%20under%20hardware&fields=name");
  check("class under hardware", under.json.items.every((item) => item.name !== "api-shop") && under.json.items.some((item) => item.name === "api-host"), under.text);
  await call(keeper, "PATCH", `/api/v1/ci/${host}`, { owner: "keeper" });
  await call(keeper, "POST", `/api/v1/ci/${host}/transitions/deploy`, {});
  const before = new Date().toISOString();
  await new Promise((done) => setTimeout(done, 20));
  const edit = await call(keeper, "PATCH", `/api/v1/ci/${host}`, { memory_gb: 64 });
  check("an edit without a change is marked", edit.json.unauthorised === true, edit.text);
  check("an empty clearing is 422", (await call(keeper, "POST", `/api/v1/ci/${host}/control`, {})).status === 422);
  check("who may not clear is 403", (await call(agent, "POST", `/api/v1/ci/${host}/control`, { comment: "x" })).status === 403);
  const cleared = await call(keeper, "POST", `/api/v1/ci/${host}/control`, { comment: "agreed" });
  check("it is cleared", cleared.status === 200 && cleared.json.unauthorised === false, cleared.text);
  check("once", (await call(keeper, "POST", `/api/v1/ci/${host}/control`, { comment: "agreed" })).status === 409);
  const links = (await call(keeper, "GET", `/api/v1/ci/${host}/links`)).json.items;
  await call(keeper, "DELETE", `/api/v1/ci/${host}/links/${links.find((one) => one.relation === "depends_on").id}`);
  await link(host, "connected_to", secret);
  await link(host, "replaces", secret);
  const again = (await call(keeper, "GET", `/api/v1/ci/${host}/links`)).json.items;
  await call(keeper, "DELETE", `/api/v1/ci/${host}/links/${again.find((one) => one.relation === "replaces").id}`);
  const compared = await call(keeper, "GET", `/api/v1/ci/${host}/compare?at=${before}`);
  check("what differs from a moment", JSON.stringify(compared.json.changes.filter((one) => !one.field.startsWith("unauthorised"))) === '[{"field":"memory_gb","then":null,"now":64}]', compared.text);
  check("relations that came and went, not those that did both", compared.json.linked.map((one) => one.relation).join() === "connected_to" && compared.json.unlinked.map((one) => one.relation).join() === "depends_on", compared.text);
  check("others see no names in it", !(await call(agent, "GET", `/api/v1/ci/${host}/compare?at=${before}`)).text.includes("api-secret"));
  check("no moment is 400", (await call(keeper, "GET", `/api/v1/ci/${host}/compare`)).status === 400);
  check("before it began is 404", (await call(keeper, "GET", `/api/v1/ci/${host}/compare?at=2001-01-01`)).status === 404);
  check("who may not read history may not compare", (await call(requester, "GET", `/api/v1/ci/${host}/compare?at=${before}`)).status === 404);
  check("other types have no control", (await call(agent, "POST", `/api/v1/incident/${incident.json.number}/control`, { comment: "x" })).status === 409);
}

try {
  await testLint();
  const made = await testCreate();
  await testRead(made);
  await testUpdate(made);
  await testTransitions(made);
  await testComments(made);
  await testAttachments(made);
  await testLinks(made);
  await testTasks();
  await testLists();
  await testIdempotency();
  await testBulk(made);
  await testSearchAndFeed(made);
  await testSmall();
  await testCatalogue();
  await testItems();
} catch (error) {
  check("the test runs to its end", false, error.stack);
}
check("the server ends well", (await server.stop()) === 0);
counter.finish();
