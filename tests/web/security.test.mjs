/*
 * What an attacker tries, as tests: each stands for something that once worked or that must never work. Raw sockets are used where
 * a well-behaved client could not even send it.
 */
import net from "node:net";
import { join } from "node:path";
import { deepEqual, doesNotMatch, equal, match, ok, server, test } from "./harness.mjs";

const q = encodeURIComponent;

/* Two incidents: what everybody of the desk may know, and a restricted one that nora (network) may not. */
let made = null;
async function incidents() {
	const reeve = await server();
	made ??= (async () => {
		const open = await reeve.api("rita", "POST", "/api/v1/incident", { title: "The zebra printer jams" });
		const secret = await reeve.api("adam", "POST", "/api/v1/incident", {
			title: "Unicorn affair", description: "zebra printer", restricted: true, team: "desk", requester: "adam",
		});
		const child = await reeve.api("adam", "POST", "/api/v1/incident", { title: "Follow-up", requester: "adam", parent: secret.body.number });
		for (const one of [open, secret, child]) equal(one.status, 201);
		return { open: open.body.number, secret: secret.body.number, child: child.body.number };
	})();
	return { reeve, ...(await made) };
}

/* ---- what may not be known ---- */

test("a link to a record that may not be read is refused like one to a record that is not there", async () => {
	const { reeve, open, secret } = await incidents();
	const words = async (number) => {
		const answer = await reeve.api("nora", "PATCH", `/api/v1/incident/${open}`, { parent: number });
		equal(answer.status, 422, number);
		return JSON.stringify(answer.body).replaceAll(number, "N");
	};
	equal(await words(secret), await words("INC0009999"));
	equal((await reeve.api("nora", "POST", "/api/v1/incident", { title: "x", parent: secret })).status, 422);
	equal((await reeve.api("adam", "PATCH", `/api/v1/incident/${open}`, { parent: secret })).status, 200, "who may read it may link it");
});

test("a link that stands may stay when who saves may not read its target", async () => {
	const { reeve, child } = await incidents();
	const answer = await reeve.api("nora", "PATCH", `/api/v1/incident/${child}`, { title: "Follow-up of it" });
	equal(answer.status, 200);
	deepEqual(answer.body.parent, { type: "incident", number: null });
});

test("a filter does not tell which hidden record a link goes to", async () => {
	const { reeve, secret, child } = await incidents();
	const found = async (login, condition) => {
		const answer = await reeve.api(login, "GET", `/api/v1/incident?fields=number&q=${q(condition)}`);
		equal(answer.status, 200, condition);
		return answer.body.items.map((item) => item.number);
	};
	ok((await found("adam", `parent = ${secret}`)).includes(child));
	deepEqual(await found("nora", `parent = ${secret}`), []);
	deepEqual(await found("nora", `parent in (${secret}, INC0009999)`), []);
	ok((await found("nora", `parent != ${secret}`)).includes(child));
	deepEqual(await found("nora", `parent.title contains "unicorn"`), []);
});

test("neither filter nor order tells which hidden record a number goes to", async () => {
	const { reeve, secret } = await incidents();
	const made = await reeve.api("adam", "POST", "/api/v1/change", { title: "What follows from it", problem_ref: secret });
	equal(made.status, 201);
	const found = async (login, condition) => {
		const answer = await reeve.api(login, "GET", `/api/v1/change?fields=number&q=${q(condition)}`);
		equal(answer.status, 200, condition);
		return answer.body.items.map((item) => item.number).includes(made.body.number);
	};
	ok(await found("adam", `problem_ref = ${secret}`));
	ok(!(await found("adam", `problem_ref != ${secret}`)));
	ok(!(await found("nora", `problem_ref = ${secret}`)));
	ok(!(await found("nora", `problem_ref = "${secret.toLowerCase()}"`)));
	ok(!(await found("nora", `problem_ref in (${secret}, INC0009999)`)));
	ok(await found("nora", `problem_ref != ${secret}`));
	for (const login of ["adam", "nora"])
		equal((await reeve.api(login, "GET", "/api/v1/change?sort=problem_ref&limit=1")).status, 400, "the cursor would hold the number");
});

test("a restricted record shows nowhere to who may not read it", async () => {
	const { reeve, open, secret } = await incidents();
	const json = { Accept: "application/json" };
	equal((await reeve.api("nora", "GET", `/api/v1/incident/${secret}`)).status, 404);
	for (const path of [`/api/v1/search?q=unicorn`, `/search/suggest?q=unicorn`, `/search/records?q=unicorn`, `/search/records?q=${secret}`, `/incident/lookup?q=unicorn`, `/incident/${open}/similar`,
		`/api/v1/incident?count=true`, `/incident`, `/incident/view-counts`, `/api/v1/changes?limit=1000`]) {
		const answer = await reeve.api("nora", "GET", path, undefined, json);
		equal(answer.status, 200, path);
		doesNotMatch(JSON.stringify(answer.body).replace(/"(words|q)":"[^"]*"/g, ""), new RegExp(`Unicorn|${secret}`), path);
	}
});

/* ---- what may not keep others waiting ---- */

test("a body of very many unknown keys is refused quickly", async () => {
	const { reeve } = await incidents();
	const keys = Object.fromEntries(Array.from({ length: 60000 }, (_, i) => [`k${i}`, 1]));
	const began = Date.now();
	const answer = await reeve.api("rita", "POST", "/api/v1/incident", keys);
	equal(answer.status, 422);
	ok(answer.body.errors.length <= 60, `${answer.body.errors.length} mistakes told`);
	ok(Date.now() - began < 3000, `took ${Date.now() - began} ms`);
});

/* ---- what others made ---- */

async function attach(reeve, login, number, name) {
	const form = new FormData();
	form.set("file", new Blob(["x"], { type: "text/plain" }), name);
	const answer = await fetch(`${reeve.url}/api/v1/incident/${number}/attachments`, {
		method: "POST", headers: { Authorization: `Bearer ${await reeve.token(login)}` }, body: form,
	});
	equal(answer.status, 201);
	return (await answer.json()).url;
}

test("a requester takes back only their own files", async () => {
	const { reeve } = await incidents();
	const number = (await reeve.api("rita", "POST", "/api/v1/incident", { title: "With files" })).body.number;
	const own = await attach(reeve, "rita", number, "own.txt"), theirs = await attach(reeve, "adam", number, "theirs.txt");
	equal((await reeve.api("rita", "DELETE", theirs)).status, 403);
	equal((await reeve.api("adam", "GET", theirs)).status, 200, "it is still there");
	equal((await reeve.api("rita", "DELETE", own)).status, 204);
	equal((await reeve.api("nora", "DELETE", theirs)).status, 204, "who works on it may clean up");
});

test("an API token does not touch how its person signs in", async () => {
	const { reeve } = await incidents();
	const out = await reeve.cli("token", "add", "ralf", "--scope", "write");
	const call = async (path, form) => (await fetch(reeve.url + path, {
		method: "POST", redirect: "manual", headers: { Authorization: `Bearer ${/reeve_\S+/.exec(out)[0]}` }, body: new URLSearchParams(form),
	})).status;
	equal(await call("/me/tokens", { name: "x", days: "3", scope: "write" }), 403);
	equal(await call("/me/tokens/1/revoke", { a: "b" }), 403);
	equal(await call("/me/password", { password: "Another horse 77" }), 403);
	equal(await call("/me/sessions", { a: "b" }), 403);
});

/* ---- uploads of nobody ---- */

const UPLOAD = 25 * 1024 * 1024;

/* Sends the head of an upload and `size` bytes of its body, which never ends; { socket, answer } with what came back so far. */
function beginUpload(reeve, size, headers = "") {
	const socket = net.connect({ port: Number(new URL(reeve.url).port), host: "127.0.0.1" });
	const upload = { socket, answer: "" };
	socket.on("data", (part) => (upload.answer += part.toString("latin1")));
	socket.on("error", () => {});
	upload.sent = new Promise((done) => {
		socket.once("close", done);
		socket.write(`POST /sign-in HTTP/1.1\r\nHost: x\r\n${headers}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ${UPLOAD}\r\n\r\n`);
		socket.write(Buffer.alloc(size, 65), done);
	});
	return upload;
}

async function answered(upload, ms = 5000) {
	for (const end = Date.now() + ms; Date.now() < end && upload.answer === "";) await new Promise((later) => setTimeout(later, 20));
	return /^HTTP\/1\.1 (\d+)/.exec(upload.answer)?.[1] ?? "nothing";
}

test("files are not taken from who shows no credentials", async () => {
	const upload = beginUpload(await server(), 0, "Expect: 100-continue\r\n");
	equal(await answered(upload), "413");
	upload.socket.destroy();
});

test("uploads that never end do not fill the disk", async () => {
	const reeve = await server();
	const uploads = [];
	for (let i = 0; i < 21; i++) {
		uploads.push(beginUpload(reeve, UPLOAD - 1, "Cookie: reeve_session=nobody\r\n"));
		await uploads.at(-1).sent;
	}
	for (const upload of uploads) upload.socket.write("A");
	const statuses = await Promise.all(uploads.map((upload) => answered(upload)));
	ok(statuses.includes("503"), statuses.join(" "));
	for (const upload of uploads) upload.socket.destroy();
	await new Promise((later) => setTimeout(later, 500));
	const { open } = await incidents();
	const form = new FormData();
	form.set("file", new Blob([new Uint8Array(2 * 1024 * 1024)]), "after.bin");
	const after = await fetch(`${reeve.url}/api/v1/incident/${open}/attachments`, {
		method: "POST", headers: { Authorization: `Bearer ${await reeve.token("adam")}` }, body: form,
	});
	equal(after.status, 201, "there is room again");
});

/* ---- live connections that end as they begin ---- */

test("live connections that are reset at once do no harm", async () => {
	const reeve = await server();
	const head = `GET /api/v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${await reeve.token("adam")}\r\n\r\n`;
	const one = async (ms) => {
		const socket = net.connect({ port: Number(new URL(reeve.url).port), host: "127.0.0.1" });
		socket.on("error", () => {});
		socket.write(head);
		await new Promise((later) => setTimeout(later, ms));
		socket.resetAndDestroy();
	};
	for (let round = 0; round < 12; round++) await Promise.all(Array.from({ length: 150 }, (_, i) => one(i / 2)));
	equal((await reeve.api("", "GET", "/healthz")).status, 200);
	/* The thread of live connections must still tell news. */
	const cut = new AbortController();
	const answer = await fetch(`${reeve.url}/api/v1/live`, { headers: { Authorization: `Bearer ${await reeve.token("adam")}` }, signal: cut.signal });
	const { open } = await incidents();
	await reeve.api("adam", "PATCH", `/api/v1/incident/${open}`, { title: "News of the zebra" });
	const reader = answer.body.getReader();
	let told = "";
	for (const end = Date.now() + 5000; Date.now() < end && !told.includes(open);) {
		const part = await Promise.race([reader.read(), new Promise((late) => setTimeout(late, 5000, {}))]);
		told += Buffer.from(part.value ?? []).toString();
	}
	cut.abort();
	ok(told.includes(open), told);
});

/* ---- the control socket ---- */

function frame(kind, body) {
	const head = Buffer.alloc(5);
	head.write(kind, 0, "latin1");
	head.writeUInt32LE(Buffer.byteLength(body), 1);
	return Buffer.concat([head, Buffer.from(body)]);
}

function control(reeve, bytes) {
	return new Promise((done, fail) => {
		const socket = net.connect(join(reeve.data, "reeve.sock"));
		let answer = "";
		socket.on("data", (part) => (answer += part.toString("latin1")));
		socket.on("error", fail);
		socket.on("close", () => done(answer));
		socket.write(bytes);
		setTimeout(() => socket.destroy(), 3000).unref();
	});
}

test("garbage on the control socket is refused", async () => {
	const reeve = await server();
	for (const body of ["", "x", "null", "[]", '"a"', "{}", '{"arguments":{"a":"b"}}', '{"arguments":"x"}', '{"arguments":[1]}',
		'{"arguments":[null]}', '{"arguments":[["user"]]}', '{"arguments":["user",5]}', '{"arguments":["serve"]}',
		'{"arguments":["user","list"],"terminal":"x","input_size":"y"}'])
		match(await control(reeve, frame("A", body)), /X\x01\0\0\0/, body);
	equal(await control(reeve, frame("I", "x")), "");
	equal(await control(reeve, Buffer.from([65, 255, 255, 255, 255])), "");
	equal((await reeve.api("", "GET", "/healthz")).status, 200);
});

/* Runs last: the harness ends the server when all tests ran, and that must not wait for them. */
test("callers of the control socket that say nothing do not hold up the server's end", async () => {
	const reeve = await server();
	for (let i = 0; i < 12; i++) net.connect(join(reeve.data, "reeve.sock")).on("error", () => {}).unref();
	const slow = net.connect(join(reeve.data, "reeve.sock"));
	slow.on("error", () => {});
	slow.write(frame("A", '{"arguments":["import","incident","-"]}'));
	const began = Date.now();
	reeve.child.kill("SIGTERM");
	equal(await Promise.race([reeve.ended, new Promise((late) => setTimeout(late, 15000, "late"))]), 0);
	ok(Date.now() - began < 15000);
});
