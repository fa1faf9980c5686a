/* Approvals through the API and in a browser, with and without scripts, on a phone and by keyboard: asked, decided, refused, stood in for. */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { accessible, deepEqual, doesNotMatch, equal, match, ok, practiceServer, test } from "./harness.mjs";

const require = createRequire(import.meta.url);
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

let reeve, ajv;

/* Whether it is what the OpenAPI description says. */
async function described(schema, value) {
	if (!ajv) {
		ajv = new Ajv({ strict: false, allErrors: true });
		addFormats(ajv);
		ajv.addSchema(await (await fetch(`${reeve.url}/api/v1/openapi.json`)).json(), "api");
	}
	const validate = ajv.getSchema(`api#/components/schemas/${schema}`);
	ok(validate(value), `${schema}: ${JSON.stringify(validate.errors)}`);
}

/* rita asks; adam and nora are the board; tina owns the service; ralf stands in. */
async function start() {
	if (reeve) return reeve;
	reeve = await practiceServer("tests/practices/approvals");
	await call("admin", "POST", "/api/v1/team", { name: "board", label: "Board" }, 201);
	for (const login of ["adam", "nora"]) await call("admin", "PATCH", `/api/v1/user/${login}`, { teams: ["board"] }, 200);
	await call("admin", "PATCH", "/api/v1/service/mail", { owner: "tina" }, 200);
	await call("admin", "PATCH", "/api/v1/user/rita", { manager: "ralf" }, 200);
	return reeve;
}

async function call(login, method, path, body, status, headers) {
	const answer = await reeve.api(login, method, path, body, headers);
	equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body).slice(0, 400)}`);
	return answer.body;
}

async function permit(fields) {
	await start();
	const made = await call("rita", "POST", "/api/v1/permit", { title: "Open the door", ...fields }, 201);
	return call("rita", "POST", `/api/v1/permit/${made.number}/transitions/submit`, {}, 200);
}

const votes = (record) => `/api/v1/permit/${record.number}/approvals/${record.approvals.at(-1).id}/votes`;

test("the API says who is asked, takes a vote once, and says why not", async () => {
	const record = await permit({ kind: "any" });
	equal(record.state, "asking");
	deepEqual(record.approvals[0].steps[0].votes.map((vote) => vote.person.number).sort(), ["adam", "nora"]);
	const mine = await call("adam", "GET", "/api/v1/approvals", undefined, 200);
	await described("ApprovalsWaiting", mine);
	await described("permit", record);
	const item = mine.items.find((one) => one.record.number === record.number);
	equal(item.fields.service, null);
	equal(item.requester.number, "rita");
	equal(item.standing_in, false);
	await call("rita", "GET", votes(record), undefined, 405);
	await call("rita", "POST", votes(record), { vote: "approve" }, 403);
	await call("tina", "POST", votes(record), { vote: "approve" }, 403);
	await call("ralf", "POST", votes(record), { vote: "approve" }, 404);
	await call("adam", "POST", votes(record), { vote: "reject" }, 422);
	await call("adam", "POST", votes(record), { vote: "maybe" }, 422);
	await call("adam", "POST", votes(record), { vote: 1 }, 422);
	await call("adam", "POST", votes(record), { vote: "approve", coment: "x" }, 422);
	await call("adam", "POST", votes(record), { vote: "approve", for: "nobody" }, 422);
	const key = { "Idempotency-Key": `vote-${record.number}` };
	const first = await call("adam", "POST", item.url, { vote: "approve", comment: "Fine" }, 200, key);
	equal(first.state, "granted");
	const again = await call("adam", "POST", item.url, { vote: "approve", comment: "Fine" }, 200, key);
	deepEqual(again, first);
	await call("nora", "POST", votes(record), { vote: "approve" }, 409);
	const list = await call("rita", "GET", `/api/v1/permit/${record.number}/approvals`, undefined, 200);
	await described("ApprovalList", list);
	await described("permit", first);
	const vote = list.items[0].steps[0].votes.find((one) => one.person.number === "adam");
	equal(vote.vote, "approve");
	equal(vote.comment, "Fine");
	equal(vote.version, 2);
	equal(vote.by.number, "adam");
	equal((await call("adam", "GET", "/api/v1/approvals", undefined, 200)).items.some((one) => one.record.number === record.number), false);
});

test("an absence hands over, and only to whom it names", async () => {
	const record = await permit({ kind: "parallel", service: "mail" });
	await call("ralf", "POST", "/api/v1/absence", { person: "tina", delegate: "ralf", begins: "2020-01-01" }, 422);
	const absence = await call("tina", "POST", "/api/v1/absence", { delegate: "nora", begins: "2020-01-01" }, 201);
	equal(absence.person.number, "tina");
	for (let i = 0; i < 50 && (await call("nora", "GET", "/api/v1/approvals", undefined, 200)).items.every((one) => one.record.number !== record.number); i++)
		await new Promise((done) => setTimeout(done, 100));
	const item = (await call("nora", "GET", "/api/v1/approvals", undefined, 200)).items.find((one) => one.record.number === record.number);
	ok(item, "it waits for who stands in");
	equal(item.standing_in, true);
	equal(item.for.number, "tina");
	await call("nora", "POST", item.url, { vote: "approve", for: "ralf" }, 403);
	const after = await call("nora", "POST", item.url, { vote: "approve" }, 200);
	const vote = after.approvals[0].steps.find((step) => step.name === "owner").votes[0];
	equal(vote.person.number, "tina");
	equal(vote.by.number, "nora");
	equal(after.state, "asking");
});

for (const javaScriptEnabled of [true, false]) {
	const how = javaScriptEnabled ? "with scripts" : "without scripts";

	test(`the page of what waits for me decides in the list, ${how}`, async () => {
		const record = await permit({ kind: "all", title: `A door ${how}`, risk: "high" });
		const page = await reeve.page("adam", { javaScriptEnabled });
		await page.goto(`${reeve.url}/approvals`);
		const card = page.locator("li.card", { hasText: `A door ${how}` });
		match(await card.innerText(), /asked for by Rita Requester/);
		match(await card.innerText(), /High/);
		/* A rejection without a reason comes back, with nothing lost. */
		await card.getByRole("button", { name: "Reject" }).click();
		match(await page.locator("#errors").innerText(), /a rejection needs a comment/);
		await page.locator("li.card", { hasText: `A door ${how}` }).getByRole("textbox").fill("Looks good");
		await page.locator("li.card", { hasText: `A door ${how}` }).getByRole("button", { name: "Approve" }).click();
		match(await page.locator("main").innerText(), /Your vote counts/);
		equal(await page.locator("li.card", { hasText: `A door ${how}` }).count(), 0);
		/* The record says who said what, and what is still missing. */
		await page.goto(`${reeve.url}/permit/${record.number}`);
		const panel = page.locator("#approvals");
		match(await panel.innerText(), /1 of 2 approvals, all are needed/);
		match(await panel.innerText(), /Adam Agent\s+approves/);
		match(await panel.innerText(), /Looks good/);
		match(await panel.innerText(), /change my vote/);
		if (javaScriptEnabled) await accessible(page, "a record with approvals");
		deepEqual(page.problems, []);
		await page.close();
	});
}

test("an approver without agent rights opens the request and decides there, by keyboard, on a phone", async () => {
	const record = await permit({ kind: "parallel", title: "A rack for ralf" });
	const page = await reeve.page("ralf", { viewport: { width: 390, height: 800 } });
	await page.goto(`${reeve.url}/`);
	await page.getByRole("link", { name: /waits? for your approval/ }).click();
	equal(new URL(page.url()).pathname, "/approvals");
	equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "nothing sticks out");
	await accessible(page, "the page of approvals");
	await page.getByRole("link", { name: "A rack for ralf" }).click();
	match(page.url(), new RegExp(`/permit/${record.number}$`));
	ok(await page.locator("#approvals form.vote").isVisible());
	await page.locator("#approvals textarea").first().focus();
	await page.keyboard.type("From the train");
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await page.waitForURL(/done=voted/);
	match(await page.locator("#approvals").innerText(), /From the train/);
	equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "nothing sticks out");
	deepEqual(page.problems, []);
	await page.close();
});

test("nothing waits: a calm page; and my absence is noted on my own page", async () => {
	await start();
	const page = await reeve.page("otto");
	await page.goto(`${reeve.url}/approvals`);
	match(await page.locator("main").innerText(), /Nothing waits for your approval/);
	await page.close();
	const own = await reeve.page("nora", { javaScriptEnabled: false });
	await own.goto(`${reeve.url}/me`);
	const form = own.locator("form[action='/me/absence']");
	await form.getByLabel("From").fill("2026-01-01T08:00");
	await form.getByLabel("Who stands in").fill("nobody.at.all");
	await form.getByRole("button").click();
	match(await own.locator("#errors").innerText(), /nobody.at.all/);
	equal(await own.locator("input[name=begins]").inputValue(), "2026-01-01T08:00");
	await own.locator("input[name=delegate]").fill("tina");
	await own.locator("form[action='/me/absence']").getByRole("button").click();
	match(await own.locator("main").innerText(), /Tina Teamlead stands in/);
	await own.getByRole("button", { name: /I am back/ }).click();
	equal(await own.getByText("Tina Teamlead stands in").count(), 0);
	await own.close();
});

/* ---- many ---- */

async function waiting(login, path = "/api/v1/approvals") {
	return call(login, "GET", path, undefined, 200);
}

test("what waits is paged, the oldest first, and the vote of a record is there however much waits", async () => {
	await start();
	const records = [];
	for (let i = 0; i < 55; i++) records.push(await permit({ kind: "all", title: `Paged ${String(i).padStart(2, "0")}` }));
	const seen = [];
	let next = "", pages = 0;
	do {
		const page = await waiting("nora", `/api/v1/approvals?limit=20${next ? `&after=${next}` : ""}`);
		await described("ApprovalsWaiting", page);
		ok(page.items.length <= 20);
		seen.push(...page.items.map((item) => item.record.number));
		next = page.next;
		pages++;
	} while (next);
	ok(pages >= 3);
	equal(new Set(seen).size, seen.length, "each once");
	for (const record of records) ok(seen.includes(record.number), record.number);
	deepEqual(seen, [...seen].sort(), "the oldest first");
	await call("nora", "GET", "/api/v1/approvals?after=x", undefined, 400);
	const page = await reeve.page("nora");
	await page.goto(`${reeve.url}/approvals`);
	equal(await page.locator("ul.approvals > li").count(), 50);
	await page.getByRole("link", { name: "Next page" }).click();
	ok((await page.locator("ul.approvals > li").count()) >= 5);
	match(await page.locator("ul.approvals").innerText(), /Paged 54/);
	await page.goto(`${reeve.url}/permit/${records.at(-1).number}`);
	ok(await page.locator("#approvals form.vote").first().isVisible(), "one's own vote stands on the record");
	deepEqual(page.problems, []);
	await page.close();
	/* Many at once, each on its own: one was decided meanwhile, one is not theirs, one is no vote. */
	const items = (await waiting("nora", "/api/v1/approvals?limit=200")).items;
	const ballot = (item, more) => ({ type: item.record.type, number: item.record.number, id: item.id, version: item.record.version, vote: "approve", ...more });
	const of = (number) => items.find((item) => item.record.number === number);
	await call("adam", "POST", of(records[1].number).url, { vote: "reject", comment: "No" }, 200);
	const answer = await call("nora", "POST", "/api/v1/approvals/votes", { items: [
		ballot(of(records[0].number)), ballot(of(records[1].number)), ballot(of(records[2].number), { vote: "reject" }),
		ballot(of(records[3].number), { number: "PER9999" }), ballot(of(records[4].number), { coment: "x" }),
		ballot(of(records[5].number), { vote: "reject", comment: "No" }) ] }, 200);
	await described("BulkResult", answer);
	deepEqual(answer.items.map((item) => item.status), [200, 409, 422, 404, 422, 200]);
	equal((await call("rita", "GET", `/api/v1/permit/${records[5].number}`, undefined, 200)).state, "refused");
	const key = { "Idempotency-Key": "many-votes" };
	const first = await call("nora", "POST", "/api/v1/approvals/votes", { items: [ballot(of(records[6].number), { comment: "Once" })] }, 200, key);
	deepEqual(await call("nora", "POST", "/api/v1/approvals/votes", { items: [ballot(of(records[6].number), { comment: "Once" })] }, 200, key), first);
	await call("nora", "POST", "/api/v1/approvals/votes", { items: [] }, 422);
	await call("nora", "GET", "/api/v1/approvals/votes", undefined, 404);
});

for (const javaScriptEnabled of [true, false]) {
	const how = javaScriptEnabled ? "by keyboard alone" : "without scripts";

	test(`several are decided at once, ${how}`, async () => {
		await start();
		for (const item of (await waiting("adam", "/api/v1/approvals?limit=200")).items) await call("adam", "POST", item.url, { vote: "abstain" }, 200);
		const records = [];
		for (const name of ["One", "Two", "Three", "Four"]) records.push(await permit({ kind: "any", title: `${name} ${how}` }));
		const page = await reeve.page("adam", { javaScriptEnabled });
		await page.goto(`${reeve.url}/approvals`);
		equal(await page.locator("ul.approvals > li").count(), 4);
		if (javaScriptEnabled) await accessible(page, "several approvals");
		/* Somebody decides one of them meanwhile. */
		await call("nora", "POST", votes(records[1]), { vote: "approve" }, 200);
		await call("rita", "PATCH", `/api/v1/permit/${records[3].number}`, { title: "Something else entirely" }, 200);
		if (javaScriptEnabled) {
			for (const key of ["j", "x", "j", "x", "j", "j", "x"]) await page.keyboard.press(key);
			match(await page.locator("#several").innerText(), /3 chosen/);
			await page.locator("#several textarea").focus();
			await page.keyboard.type("All fine");
			/* A habit of the fingers is no vote. */
			await page.keyboard.press("Control+Enter");
			equal(await page.evaluate(() => document.activeElement.value), "approve");
			await page.keyboard.press("Enter");
		} else {
			await page.locator("#several").getByRole("button", { name: "Approve the chosen" }).click();
			match(await page.locator("#errors").innerText(), /nothing is chosen/);
			for (const i of [0, 1, 3]) await page.locator(`ul.approvals input[type=checkbox][value*="${records[i].number}/"]`).check({ timeout: 1000 }).catch(() => {});
			await page.locator("#several textarea").fill("");
			await page.locator("#several").getByRole("button", { name: "Reject the chosen" }).click();
			match(await page.locator("#errors").innerText(), /a rejection needs a comment/);
			equal(await page.locator(`ul.approvals input[value*="${records[0].number}/"]`).isChecked(), true, "what was ticked stays");
			await page.getByLabel("All on this page").check();
			await page.locator("#several textarea").fill("All fine");
			await page.locator("#several").getByRole("button", { name: "Approve the chosen" }).click();
		}
		if (javaScriptEnabled) {
			await page.locator("#outcome").waitFor();
			match(await page.locator("#outcome").innerText(), /1 vote counts/);
			match(await page.locator("#outcome").innerText(), new RegExp(`${records[1].number}[^]*decided already`));
			match(await page.locator("#outcome").innerText(), new RegExp(`${records[3].number}[^]*was changed since you saw it: Title`));
			await accessible(page, "votes of which some do not count");
			equal(await page.locator("ul.approvals > li").count(), 2);
			equal((await call("rita", "GET", `/api/v1/permit/${records[3].number}`, undefined, 200)).state, "asking");
		} else {
			match(await page.locator("main").innerText(), /Nothing waits|Your votes count/);
			equal((await call("rita", "GET", `/api/v1/permit/${records[3].number}`, undefined, 200)).state, "granted");
		}
		equal((await call("rita", "GET", `/api/v1/permit/${records[0].number}`, undefined, 200)).state, "granted");
		equal((await call("rita", "GET", `/api/v1/permit/${records[1].number}`, undefined, 200)).state, "granted");
		deepEqual(page.problems, []);
		await page.close();
	});
}

test("a vote is for the version that was seen; what was typed stays; a token needs the scope; who asked reads no versions", async () => {
	const record = await permit({ kind: "all", title: "A vote for this" });
	const page = await reeve.page("adam");
	await page.goto(`${reeve.url}/permit/${record.number}`);
	await call("rita", "PATCH", `/api/v1/permit/${record.number}`, { title: "No longer this" }, 200);
	await page.locator("#approvals textarea").first().fill("Seems right");
	await page.locator("#approvals").getByRole("button", { name: "Approve" }).first().click();
	match(await page.locator("main").innerText(), /was changed since you saw it: Title/);
	equal(await page.locator("#approvals textarea").first().inputValue(), "Seems right");
	await page.locator("#approvals").getByRole("button", { name: "Approve" }).first().click();
	await page.waitForURL(/done=voted/);
	await page.close();
	await call("nora", "POST", votes(record), { vote: "approve" }, 412, { "If-Match": "1" });
	await call("nora", "POST", votes(record), { vote: "approve", version: 1 }, 412);
	await call("nora", "POST", votes(record), { vote: "approve", version: "1" }, 422);
	/* Every address of a vote refuses to be visited. */
	for (const path of [votes(record), votes(record).replace("/api/v1", ""), "/api/v1/approvals/votes"])
		for (const method of ["GET", "HEAD"]) {
			const answer = await fetch(`${reeve.url}${path}?vote=approve`, { method, headers: { Cookie: (await reeve.cookie?.("nora")) ?? "" } });
			ok([401, 404, 405, 303].includes(answer.status) || answer.redirected, `${method} ${path}: ${answer.status}`);
		}
	/* A token that only reads sees what waits, and votes neither once nor in bulk. */
	const token = /reeve_\S+/.exec(await reeve.cli("token", "add", "nora", "--name", "reads", "--scope", "read"))[0];
	const reads = (method, path, body) => fetch(reeve.url + path, { method, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
	equal((await reads("GET", "/api/v1/approvals")).status, 200);
	equal((await reads("POST", votes(record), { vote: "approve" })).status, 403);
	equal((await reads("POST", "/api/v1/approvals/votes", { items: [{ type: "permit", number: record.number, id: record.approvals.at(-1).id, vote: "approve" }] })).status, 403);
	const own = await reeve.page("rita");
	await own.goto(`${reeve.url}/permit/${record.number}`);
	doesNotMatch(await own.locator("#approvals").innerText(), /version/);
	await own.close();
	equal((await call("nora", "POST", votes(record), { vote: "approve", version: 3 }, 200)).state, "granted");
});

test("pictures of the pages, for who looks at them", async () => {
	const folder = process.env.REEVE_PICTURES;
	if (!folder) return;
	mkdirSync(folder, { recursive: true });
	await permit({ kind: "sequence", title: "New racks in the second room", service: "mail", risk: "high", planned: "2026-12-01T20:00:00Z" });
	await permit({ kind: "all", title: "Open the door for the painters" });
	for (const [name, login, path, options] of [
		["list", "adam", "/approvals", {}], ["list_dark", "adam", "/approvals", { colorScheme: "dark" }],
		["list_phone", "ralf", "/approvals", { viewport: { width: 390, height: 900 } }],
		["record", "adam", "/permit/PER0003", {}], ["request", "rita", "/permit/PER0003", { viewport: { width: 390, height: 900 } }],
		["me", "nora", "/me", {}],
	]) {
		const page = await reeve.page(login, options);
		await page.goto(`${reeve.url}${path}`);
		await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
		await page.close();
	}
});

test("the server ends", async () => {
	await reeve?.stop();
});
