/*
 * A rule calls a webhook: the whole way from the change to a real server that checks the signature, fails at first, is private,
 * or is too slow for the program's end. On both databases.
 */
import { createHmac } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { equal, match, ok, skip, test } from "../web/harness.mjs";
import { inPlace, postgres, root, sleep, until } from "./place.mjs";

const RULE = "automation:\n  call_pager:\n    when: created\n    then: [{ webhook: pager, fields: [title, requester] }]\n";

/* The shipped definitions with one more rule. */
function practices() {
	const folder = mkdtempSync(join(tmpdir(), "reeve-practices-"));
	cpSync(join(root, "practices"), folder, { recursive: true });
	const path = join(folder, "incident.yaml");
	writeFileSync(path, readFileSync(path, "utf8").replace("automation:\n", RULE));
	return folder;
}

/* A receiver that keeps what came; `answer` decides what it says. */
async function receiver(answer) {
	const got = [];
	const server = createServer((request, response) => {
		let body = "";
		request.on("data", (part) => (body += part));
		request.on("end", () => {
			got.push({ headers: request.headers, body, path: request.url });
			answer(response, got.length);
		});
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	return { got, url: `http://127.0.0.1:${server.address().port}/hook`, close: () => { server.closeAllConnections(); server.close(); } };
}

async function open(place, folder, url, allowed) {
	await place.start("--practices", folder);
	await place.person("agent");
	await place.person("boss", ["administrator"]);
	const made = await place.api("boss", "POST", "/api/v1/webhook", { name: "pager", label: "Pager", url, secret: "sesame", private_allowed: allowed });
	equal(made.status, 201, JSON.stringify(made.body));
	ok(!("secret" in made.body), "the secret is not read back");
	return async () => (await place.api("boss", "GET", "/api/v1/webhook/pager/messages")).body.items;
}

/* What a receiver does: the signature over the bytes that came, and not older than five minutes. */
function fresh({ headers, body }, secret, now = Date.now()) {
	const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers["reeve-signature"]);
	return mac === createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex") && Math.abs(now / 1000 - seconds) < 300;
}

const replayed = ({ headers, body }, later) => ({
	body, headers: { "reeve-signature": headers["reeve-signature"].replace(/^t=(\d+)/, (_, seconds) => `t=${Number(seconds) + later}`) },
});

const report = async (place, title) => (await place.api("agent", "POST", "/api/v1/incident", { title })).body.number;

for (const kind of ["SQLite", "PostgreSQL"])
	test(`a message arrives signed, and what fails can be sent again (${kind})`, async () => {
		if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES is not set");
		const folder = practices();
		const target = await receiver((response, count) => response.writeHead(count === 1 ? 500 : 204).end());
		try {
			await inPlace(kind, async (place) => {
				const messages = await open(place, folder, target.url, true);
				const number = await report(place, "Mail is down");
				ok(await until(async () => (await messages())[0]?.attempts.length === 1), "the first attempt is noted");
				let [message] = await messages();
				equal(message.state, "waiting");
				equal(message.attempts[0].error, "it answers 500");
				ok(message.due_at > message.attempts[0].at, "it is tried again later");
				const { headers, body } = target.got[0];
				ok(fresh(target.got[0], "sesame"));
				ok(!fresh(target.got[0], "another"), "with another secret it is not ours");
				ok(!fresh({ ...target.got[0], body: body.replace("Mail", "Mall") }, "sesame"), "nor with another body");
				ok(!fresh(target.got[0], "sesame", Date.now() + 600000), "nor played back later");
				ok(!fresh(replayed(target.got[0], 600), "sesame", Date.now() + 600000), "nor with another time written into it");
				const told = JSON.parse(body);
				equal(told.number, number);
				equal(told.fields.title, "Mail is down");
				equal(headers["reeve-id"], told.id);
				/* By hand, and not by just anybody. */
				const again = `/api/v1/webhook/pager/messages/${message.id}/resend`;
				equal((await place.api("agent", "POST", again)).status, 404);
				equal((await place.api("boss", "POST", again)).status, 204);
				ok(await until(async () => (await messages())[0].state === "sent"), "it arrives");
				equal(target.got.length, 2);
				equal(target.got[1].headers["reeve-id"], told.id, "the same id");
				[message] = await messages();
				equal(message.attempts[0].status, 204);
				/* The page of the webhook shows it to who may, and the secret to nobody. */
				const page = await place.api("boss", "GET", "/webhook/pager", undefined, { Accept: "text/html" });
				equal(page.status, 200);
				match(page.body, /it answers 500/);
				match(page.body, /Send again/);
				ok(!page.body.includes("sesame"));
				/* A test message: the same way, and its answer is seen. */
				equal((await place.api("agent", "POST", "/api/v1/webhook/pager/test")).status, 404);
				const tried = await place.api("boss", "POST", "/api/v1/webhook/pager/test");
				equal(tried.status, 202);
				const test = async () => (await messages()).find((one) => one.id === tried.body.id);
				ok(await until(async () => (await test()).state === "sent"), "the test message arrives");
				equal((await test()).attempts[0].status, 204);
				equal(JSON.parse(target.got[2].body).rule, "test");
				ok(fresh(target.got[2], "sesame"), "signed like any other");
				const after = await place.api("boss", "GET", "/webhook/pager", undefined, { Accept: "text/html" });
				match(after.body, /action="\/webhook\/pager\/test"/);
				match(after.body, /the test message arrived: HTTP 204/);
				equal(await place.end(), 0);
				ok(!(await place.cli("export", "webhook")).includes("sesame"), "nor the export");
			});
		} finally {
			target.close();
			rmSync(folder, { recursive: true });
		}
	});

test("a private address is refused, with a record of why", async () => {
	const folder = practices();
	const target = await receiver((response) => response.writeHead(204).end());
	try {
		await inPlace("SQLite", async (place) => {
			const messages = await open(place, folder, target.url.replace("127.0.0.1", "localhost"), false);
			const number = await report(place, "Mail is down");
			ok(await until(async () => (await messages())[0]?.state === "dead"));
			match((await messages())[0].attempts[0].error, /^refused: .* private network/);
			equal(target.got.length, 0);
			/* A test message keeps to the same rule. */
			const tried = await place.api("boss", "POST", "/api/v1/webhook/pager/test");
			ok(await until(async () => (await messages()).find((one) => one.id === tried.body.id).state === "dead"));
			match((await messages())[0].attempts[0].error, /^refused: .* private network/);
			equal(target.got.length, 0);
			const events = (await place.api("boss", "GET", `/api/v1/incident/${number}/events`)).body.items;
			ok(events.some((one) => one.kind === "automation" && /given up: refused/.test(one.error ?? JSON.stringify(one))), JSON.stringify(events));
		});
	} finally {
		target.close();
		rmSync(folder, { recursive: true });
	}
});

test("nobody waits for a slow target, and the program ends while it is on its way", async () => {
	const folder = practices();
	const target = await receiver(() => {});
	try {
		await inPlace("SQLite", async (place) => {
			const messages = await open(place, folder, target.url, true);
			const begun = Date.now();
			for (let i = 0; i < 20; i++) await report(place, `Report ${i}`);
			ok(Date.now() - begun < 3000, "reports are taken in as ever");
			ok(await until(() => target.got.length === 1));
			await sleep(300);
			equal(target.got.length, 1, "one message at a time");
			const ending = Date.now();
			equal(await place.end(), 0);
			ok(Date.now() - ending < 6000, `it ended after ${Date.now() - ending} ms`);
			/* The next start sends it at once, with the same id. */
			await place.start("--practices", folder);
			ok(await until(() => target.got.length === 2));
			equal(target.got[1].headers["reeve-id"], target.got[0].headers["reeve-id"]);
			equal((await messages()).length, 20);
		});
	} finally {
		target.close();
		rmSync(folder, { recursive: true });
	}
});
