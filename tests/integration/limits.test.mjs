/*
 * What one client may send, what one person may see, and two people at once. Bytes that no client should send (framing, heads, slow
 * clients, JSONTestSuite) are run-http's; strings are run-strings'.
 */
import { connect } from "node:net";
import { deepEqual, equal, match, ok, test } from "../web/harness.mjs";
import { inPlace, sleep, until } from "./place.mjs";

const API = "/api/v1/incident";

function isProblem({ status, headers, body }, wanted, field) {
	equal(status, wanted, JSON.stringify(body).slice(0, 500));
	match(headers.get("content-type"), /problem\+json/);
	equal(body.status, wanted);
	if (field) ok(body.errors?.some((one) => one.field === field), `names ${field}: ${JSON.stringify(body)}`);
}

test("bodies, nesting, fields and queries have limits with a clear answer", async () => {
	await inPlace("SQLite", async (place) => {
		await place.start();
		await place.person("agent");
		const post = (body, path = API) => place.api("agent", "POST", path, body);
		const { body: { number } } = await post({ title: "target" });
		const nested = (depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
		isProblem(await post(`{"title":${nested(63)}}`), 422, "title");
		isProblem(await post(`{"title":${nested(65)}}`), 400);
		isProblem(await post(nested(100000)), 400);
		isProblem(await post(`{"a":`.repeat(100000)), 400);
		isProblem(await post({ title: "x".repeat(251) }), 422, "title");
		equal((await post({ title: "\u00e9".repeat(125) })).status, 201, "a title of 250 bytes");
		isProblem(await post({ title: "x", description: "y".repeat(64 * 1024 + 1) }), 422, "description");
		equal((await post({ title: "x", description: "y".repeat(64 * 1024) })).status, 201);
		isProblem(await post({ title: "x", description: "y".repeat(1024 * 1024) }), 413);
		isProblem(await post({ text: "y".repeat(64 * 1024 + 1) }, `${API}/${number}/comments`), 422, "text");
		isProblem(await post({ items: Array.from({ length: 1001 }, () => ({ title: "x" })) }, `${API}/bulk`), 422, "items");
		isProblem(await post({ items: [] }, `${API}/bulk`), 422, "items");
		const get = (query) => place.api("agent", "GET", `${API}?${query}`);
		const q = (words) => get(`q=${encodeURIComponent(words)}`);
		isProblem(await q(`${"(".repeat(60)}priority = 1${")".repeat(60)}`), 400);
		isProblem(await q(`${"not ".repeat(100)}priority = 1`), 400);
		isProblem(await q(`number in (${Array.from({ length: 300 }, (_, i) => `INC${String(i).padStart(7, "0")}`).join(",")})`), 400);
		isProblem(await q("requester.manager.manager.manager.manager.manager.manager = me"), 400);
		isProblem(await get("sort=title,number,state,priority,created_at,updated_at"), 400);
		isProblem(await get("limit=201"), 400);
		isProblem(await get("limit=0"), 400);
		isProblem(await get("limit=-1"), 400);
		isProblem(await get("after=nonsense"), 400);
		equal((await place.api("agent", "GET", `${API}/${"9".repeat(200)}`)).status, 404);
		isProblem(await place.api("agent", "POST", API, { title: "x" }, { "Idempotency-Key": "k".repeat(201) }), 400);
		isProblem(await place.api("agent", "PATCH", `${API}/${number}`, { title: "x" }, { "If-Match": "nonsense" }), 412);
		equal((await place.api("agent", "GET", `${API}/${number}`)).body.version, 1, "the target is as it was");
	});
});

const upload = (...files) => {
	const form = new FormData();
	for (const [name, bytes] of files) form.append("file", new Blob([bytes]), name);
	return form;
};

test("uploads have limits, and their names do no harm", async () => {
	await inPlace("SQLite", async (place) => {
		await place.start("--attachment-max", "1");
		await place.person("agent");
		const { body: { number } } = await place.api("agent", "POST", API, { title: "target" });
		const path = `${API}/${number}/attachments`, send = (form) => place.api("agent", "POST", path, form);
		isProblem(await send(upload(["big.bin", Buffer.alloc(1024 * 1024 + 1)])), 413);
		equal((await send(upload(["fits.bin", Buffer.alloc(1024 * 1024)]))).status, 201);
		isProblem(await send(upload(...Array.from({ length: 11 }, (_, i) => [`${i}.txt`, "x"]))), 422);
		isProblem(await send(new FormData()), 422);
		for (const name of ["../../etc/passwd", "..", "a\u0001b", "C:\\windows\\x", "caf\u00e9 \u2603.txt", "a\"b;c.txt", "x".repeat(255)]) {
			const { status, body } = await send(upload([name, "content"]));
			if (status === 422) continue;
			equal(status, 201, `${name}: ${JSON.stringify(body)}`);
			const answer = await fetch(place.url + body.url, { headers: { Authorization: `Bearer ${await place.token("agent")}` } });
			equal(await answer.text(), "content");
			const disposition = answer.headers.get("content-disposition");
			match(disposition, /^attachment;/);
			ok(!/filename="[^"]*[/\\]/.test(disposition) && !/[\r\n]/.test(disposition), disposition);
			equal(answer.headers.get("x-content-type-options"), "nosniff");
		}
		isProblem(await send(upload(["x".repeat(256), "content"])), 422);
		/* What is no multipart. */
		const raw = (body, type) => place.api("agent", "POST", path, body, { "Content-Type": type });
		for (const [body, type] of [["", "multipart/form-data; boundary=x"], ["--x\r\n", "multipart/form-data; boundary=x"], ["--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nabc", "multipart/form-data; boundary=x"],
			["--x--", "multipart/form-data"], ["abc", `multipart/form-data; boundary=${"y".repeat(500)}`]]) {
			const answer = await raw(body, type);
			ok(answer.status >= 400 && answer.status < 500, `${JSON.stringify(body)}: ${answer.status}`);
		}
		/* An upload that is broken off leaves nothing, and the server goes on. */
		const { hostname, port } = new URL(place.url), token = await place.token("agent");
		for (let i = 0; i < 5; i++) {
			const link = connect(Number(port), hostname);
			await new Promise((done) => link.once("connect", done));
			link.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 900000\r\n\r\n` +
				"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"half.bin\"\r\n\r\n");
			link.write(Buffer.alloc(300000));
			await sleep(30);
			link.destroy();
		}
		const { body } = await place.api("agent", "GET", path);
		ok(!body.items.some(({ name }) => name === "half.bin"));
		await place.cli("verify");
	});
});

test("two people save at once: the second is told, shown both versions, and loses nothing", async () => {
	await inPlace("SQLite", async (place) => {
		await place.start();
		await place.person("anna");
		await place.person("bert");
		const { body: { number } } = await place.api("anna", "POST", API, { title: "as it was", description: "old" });
		const path = `${API}/${number}`, save = (who, body, version) => place.api(who, "PATCH", path, body, version ? { "If-Match": `"${version}"` } : {});
		const both = await Promise.all([save("anna", { title: "anna's" }, 1), save("bert", { title: "bert's", description: "bert's words" }, 1)]);
		deepEqual(both.map(({ status }) => status).sort(), [200, 412]);
		const second = both.find(({ status }) => status === 412), first = both.find(({ status }) => status === 200).body;
		isProblem(second, 412);
		const told = JSON.stringify(second.body);
		ok(told.includes(first.title) && (told.includes("anna's") && told.includes("bert's")), `both versions: ${told}`);
		equal((await place.api("anna", "GET", path)).body.title, first.title);
		/* The page: what was typed, beside what stands there now. */
		const form = new URLSearchParams({ _version: "1", title: "typed by hand", "was.title": "as it was", description: "typed <b>too</b>", "was.description": "old" });
		const page = await place.api("bert", "POST", `/incident/${number}/edit`, form.toString(),
			{ "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html", "Sec-Fetch-Site": "same-origin" });
		ok([409, 412].includes(page.status), `${page.status} ${String(page.body).replace(/^[^]*?<main/, "").slice(0, 1500)}`);
		for (const words of ["typed by hand", "typed &lt;b&gt;too&lt;/b&gt;", first.title.replace("'", "&#39;")]) ok(page.body.includes(words), `the page shows ${words}`);
		equal((await place.api("anna", "GET", path)).body.title, first.title, "nothing was overwritten");
		/* Twenty at once with the same version: one wins each round. */
		for (let round = 0; round < 3; round++) {
			const { body: { version } } = await place.api("anna", "GET", path);
			const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => save(i % 2 ? "anna" : "bert", { title: `round ${round} ${i}` }, version)));
			deepEqual([answers.filter(({ status }) => status === 200).length, answers.filter(({ status }) => status === 412).length], [1, 19]);
		}
	});
});

/* ---- what a requester may not see ---- */

const SECRET = "zq9secretq9z", OTHER = "qx7foreignx7q";

async function office(place) {
	await place.start();
	await place.person("agent");
	await place.person("rita", ["requester"]);
	await place.person("ralf", ["requester"]);
	const make = async (who, body) => (await place.api(who, "POST", API, body)).body.number;
	const own = await make("rita", { title: "my mouse" }), foreign = await make("ralf", { title: `${OTHER} salary`, description: OTHER });
	equal((await place.api("agent", "PATCH", `${API}/${own}`, { external_ref: SECRET, parent: foreign })).status, 200);
	equal((await place.api("agent", "POST", `${API}/${own}/comments`, { text: `note ${SECRET}`, visibility: "internal" })).status, 201);
	equal((await place.api("agent", "POST", `${API}/${own}/links`, { relation: "duplicate_of", to: foreign })).status, 201);
	const form = upload([`${SECRET}.txt`, SECRET]);
	form.append("visibility", "internal");
	const hidden = await place.api("agent", "POST", `${API}/${own}/attachments`, form);
	equal(hidden.status, 201, JSON.stringify(hidden.body));
	const theirs = await place.api("ralf", "POST", `${API}/${foreign}/attachments`, upload(["theirs.txt", OTHER]));
	equal(theirs.status, 201, JSON.stringify(theirs.body));
	ok(await until(async () => (await place.api("agent", "GET", `/api/v1/search?q=${SECRET}`)).body.items?.length > 0), "the agent finds it");
	return { own, foreign, hidden: hidden.body.id, theirs: theirs.body.id };
}

test("hidden fields, notes and others' records do not leak to a requester, whatever is asked", async () => {
	await inPlace("SQLite", async (place) => {
		const { own, foreign, hidden, theirs } = await office(place);
		const leaks = [], seen = [];
		const ask = async (method, path, body, headers) => {
			const answer = await place.api("rita", method, path, body, headers);
			/* What she says herself may come back in an error; what is asked for must not be known otherwise. */
			seen.push(answer.status);
			const words = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
			const asked = decodeURIComponent(path) + JSON.stringify(body ?? "");
			for (const secret of [SECRET, OTHER]) if (words.includes(secret) && !asked.includes(secret)) leaks.push(`${method} ${path}: ${words.slice(0, 300)}`);
			return answer;
		};
		const html = { Accept: "text/html" };
		equal((await ask("GET", `${API}/${own}`)).body.title, "my mouse", "she reads her own");
		const paths = [`${API}/${own}`, `${API}/${own}/events`, `${API}/${own}/links`, `${API}/${own}/attachments`, API, `${API}?fields=number,title`, `${API}?count=true`,
			"/api/v1/changes?since=0", "/api/v1/search?q=mouse", "/api/v1/search?q=salary", "/api/v1/user", "/api/v1/user/ralf", `${API}/${foreign}`, `${API}/${foreign}/events`,
			`${API}/${foreign}/attachments`, `${API}/${foreign}/links`];
		for (const path of paths) await ask("GET", path);
		for (const path of ["/", `/incident/${own}`, "/incident", `/incident/${own}/edit`, `/incident/${own}/similar`, `/incident/${own}/clocks`, "/incident/lookup?q=salary",
			"/search?q=salary", "/search/suggest?q=salary", "/incident/view-counts", "/notifications", `/incident/${foreign}`])
			for (const headers of [html, { Accept: "application/json" }]) await ask("GET", path, undefined, headers);
		deepEqual(leaks, []);
		/* Answers do not differ between a right and a wrong guess. */
		const guess = async (make) => {
			const [right, wrong] = [await ask("GET", make(SECRET, OTHER)), await ask("GET", make("zq9wrongq9z", "qx7wrongx7q"))];
			const plain = ({ status, body }) => [status, JSON.stringify(body).replaceAll(SECRET, "#").replaceAll("zq9wrongq9z", "#").replaceAll(OTHER, "+").replaceAll("qx7wrongx7q", "+")];
			deepEqual(plain(right), plain(wrong), make("SECRET", "OTHER"));
		};
		const q = (condition) => `${API}?count=true&q=${encodeURIComponent(condition)}`;
		await guess((secret) => q(`external_ref = "${secret}"`));
		await guess((secret) => q(`external_ref contains "${secret}"`));
		await guess((secret) => q(`not (external_ref = "${secret}")`));
		await guess((secret) => q(`"${secret}"`));
		await guess((_, other) => q(`parent.title contains "${other}"`));
		await guess((_, other) => q(`not parent.title contains "${other}"`));
		await guess((_, other) => q(`"${other}"`));
		await guess((_, other) => `/api/v1/search?q=${other}`);
		await guess((secret) => `/api/v1/search?q=${secret}`);
		await guess((secret) => `/search/suggest?q=${secret}`);
		await guess((_, other) => `/incident/lookup?q=${other}`);
		for (const path of [`${API}?sort=external_ref`, `${API}?sort=-priority_reason`, `${API}?fields=external_ref`, q("external_ref is set"), `${API}?sort=parent.external_ref`])
			equal((await ask("GET", path)).status, 400, path);
		/* A foreign record is not there, whatever is tried with it. */
		for (const [method, path, body] of [["PATCH", "", { title: "x" }], ["POST", "/comments", { text: "x" }], ["POST", "/transitions/cancel", { comment: "x" }],
			["POST", "/transitions/start", {}], ["POST", "/attachments", upload(["a", "b"])], ["GET", `/attachments/${theirs}`], ["POST", "/links", { relation: "duplicate_of", to: own }]])
			equal((await ask(method, `${API}/${foreign}${path}`, body)).status, 404, `${method} ${path}`);
		for (const path of [`${API}/${own}/attachments/${theirs}`, `${API}/${own}/attachments/${hidden}`, `/incident/${own}/attachments/${theirs}`, `/incident/${own}/attachments/${hidden}`])
			equal((await ask("GET", path)).status, 404, path);
		/* Nor may hidden fields be written. */
		for (const field of ["external_ref", "restricted", "priority_reason", "priority", "team", "state"])
			ok([403, 422].includes((await ask("PATCH", `${API}/${own}`, { [field]: field === "priority" ? 1 : "x" })).status), field);
		deepEqual(leaks, []);
		ok(!seen.includes(500), "no answer is a failure of ours");
		const feed = (await ask("GET", "/api/v1/changes?since=0")).body.items;
		ok(!feed.some(({ number }) => number === foreign), "the feed does not know the foreign record");
	});
});

test("the live feed carries versions only, and only of what one may read", async () => {
	await inPlace("SQLite", async (place) => {
		const { own, foreign } = await office(place);
		const control = new AbortController();
		const answer = await fetch(`${place.url}/api/v1/live`, { headers: { Authorization: `Bearer ${await place.token("rita")}` }, signal: control.signal });
		equal(answer.status, 200);
		let text = "";
		const reading = (async () => {
			for await (const part of answer.body) text += Buffer.from(part).toString("utf8");
		})().catch(() => {});
		await sleep(300);
		equal((await place.api("agent", "PATCH", `${API}/${foreign}`, { title: `${OTHER} changed` })).status, 200);
		equal((await place.api("agent", "PATCH", `${API}/${own}`, { external_ref: `${SECRET} changed` })).status, 200);
		equal((await place.api("agent", "POST", `${API}/${own}/comments`, { text: "an answer", visibility: "public" })).status, 201);
		ok(await until(() => text.includes(own)), "her own record is told");
		await sleep(500);
		control.abort();
		await reading;
		for (const secret of [SECRET, OTHER, foreign, "an answer"]) ok(!text.includes(secret), `${secret}: ${text}`);
	});
});

test("a list has no past, and says so", async () => {
	await inPlace("SQLite", async (place) => {
		await place.start();
		await place.person("agent");
		const answer = await place.api("agent", "GET", `${API}?as_of=2026-01-01T00:00:00Z`);
		isProblem(answer, 400);
		match(answer.body.detail, /as_of is for one record/);
	});
});

test("a stranger who knows a login locks nobody out", async () => {
	await inPlace("SQLite", async (place) => {
		await place.start("--trusted-proxy", "127.0.0.1");
		await place.person("agent");
		const attempt = (address, password) => fetch(`${place.url}/sign-in`, {
			method: "POST", redirect: "manual", body: new URLSearchParams({ login: "agent", password }),
			headers: { "X-Forwarded-For": address, Origin: place.url },
		});
		const answers = [];
		for (let i = 0; i < 14; i++) answers.push((await attempt("198.51.100.7", `guess number ${i}`)).status);
		ok(answers.includes(429), `the stranger is slowed down: ${answers}`);
		equal((await attempt("203.0.113.9", "not it either")).status, 422, "the person at another address is not");
	});
});

test("one person does not hold all live connections", async () => {
	await inPlace("SQLite", async (place) => {
		await place.start();
		await place.person("agent");
		await place.person("other");
		const { hostname, port } = new URL(place.url);
		const sockets = [];
		const open = async (login) => {
			const token = await place.token(login);
			return new Promise((done, fail) => {
				const socket = connect(Number(port), hostname, () =>
					socket.write(`GET /api/v1/live?topics=incident HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`));
				sockets.push(socket);
				socket.once("error", fail);
				socket.once("data", (part) => done(part.toString().split(" ")[1]));
			});
		};
		try {
			for (let i = 0; i < 1024; i += 64)
				for (const status of await Promise.all(Array.from({ length: 64 }, () => open("agent")))) equal(status, "200");
			equal(await open("agent"), "429");
			equal(await open("other"), "200");
		} finally {
			for (const socket of sockets) socket.destroy();
		}
	});
});
