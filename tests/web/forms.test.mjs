/*
 * Forms that hide much (tests/practices/forms): conditions in lines of a group, nothing lost on the way back and forth, mistakes in
 * lines told before anything is sent, with scripts and without.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, chromium, deepEqual, equal, match, ok, password, practiceServer, test } from "./harness.mjs";

const plain = { javaScriptEnabled: false };
let made = null;

function shop() {
	made ??= (async () => {
		const reeve = await practiceServer("tests/practices/forms");
		const put = async (type, body) => equal((await reeve.api("admin", "POST", `/api/v1/${type}`, body)).status, 201, JSON.stringify(body));
		await put("ware", { name: "deep", title: "Deep", model: "deep" });
		await put("ware", { name: "plain", title: "Plain", model: "plain" });
		await put("ware", { name: "breaks", title: "Several", model: "breaks" });
		equal((await reeve.api("admin", "PATCH", "/api/v1/user/rita", { phone: "17", manager: "tina" })).status, 200);
		return reeve;
	})();
	return made;
}

const goOn = (page) => page.getByRole("button", { name: "Go on", exact: true }).last().click();

for (const [how, options] of [["with scripts", {}], ["without scripts", plain]])
	test(`lines of a group have questions that hide, ${how}`, async () => {
		const reeve = await shop();
		const login = options === plain ? "nora" : "rita"; /* nobody's draft is in the way */
		const page = await reeve.page(login, options);
		const look = async () => {
			if (options === plain) await page.getByRole("button", { name: "Show what follows from my answers" }).click();
		};
		await page.goto(`${reeve.url}/catalogue/deep`);
		await page.getByLabel("House").check();
		await goOn(page);
		const name = (line) => page.locator(`[name="a.rooms.${line}.name"]`);
		const drain = (line) => page.locator(`[name="a.rooms.${line}.drain"]:not([type=hidden])`);
		await name(1).fill("bath");
		equal(await drain(1).count(), 0);
		await page.locator('[name="a.rooms.1.wet"]').check();
		await look();
		await drain(1).first().waitFor();
		equal(await name(1).inputValue(), "bath");
		equal(await page.getByLabel("Both").count(), 1);
		await page.getByLabel("Wall").check();
		/* Hidden and shown again: still there. */
		await page.locator('[name="a.rooms.1.wet"]').uncheck();
		await look();
		await drain(1).first().waitFor({ state: "detached" });
		await page.locator('[name="a.rooms.1.wet"]').check();
		await look();
		await drain(1).first().waitFor();
		equal(await page.getByLabel("Wall").isChecked(), true, "what was chosen before it was hidden");
		/* A second line, with something missing, is told before the form goes on. */
		await page.getByRole("button", { name: "Another line" }).click();
		await page.locator('[name="a.rooms.2.wet"]').check();
		await look();
		await drain(2).first().waitFor();
		await goOn(page);
		const errors = page.locator("#errors");
		match(await errors.textContent(), /Rooms 2, Name.*Please answer/s);
		match(await errors.textContent(), /Rooms 2, Drain.*Please answer/s);
		if (options !== plain) {
			await accessible(page, "the form with mistakes");
			equal(await page.evaluate(() => document.activeElement?.name), "a.rooms.2.name", "the first mistake has the cursor");
		}
		equal(await page.locator("#errors a").first().getAttribute("href"), "#q-a.rooms.2.name");
		await name(2).fill("hall");
		await page.locator('[name="a.rooms.2.wet"]').uncheck();
		await look();
		await page.getByRole("button", { name: "Another line" }).click();
		await page.locator('[name="a.rooms.3.name"]').waitFor();
		await goOn(page);
		await page.getByRole("button", { name: "Order", exact: true }).click();
		await page.getByRole("heading", { level: 1, name: "A House" }).waitFor();
		const record = (await reeve.api(login, "GET", `/api/v1/wish/${/WSH\d+/.exec(page.url())[0]}`)).body;
		const rows = record.answers.find((one) => one.question === "rooms").rows;
		deepEqual(rows.map((row) => row.map((one) => `${one.question}=${one.words}`).join()), ["name=bath,wet=yes,drain=Wall", "name=hall,wet=no"], "the third line is empty");
		deepEqual(page.problems, []);
	});

for (const [how, options] of [["with scripts", {}], ["without scripts", plain]])
	test(`a record is made from a model with a group, ${how}`, async () => {
		const reeve = await shop();
		const page = await reeve.page("adam", options);
		const look = async () => {
			if (options === plain) await page.getByRole("button", { name: "Show what follows from my answers" }).click();
		};
		await page.goto(`${reeve.url}/chore/new/tour`);
		if (options !== plain) await accessible(page, "the form of a model with a group");
		await page.locator('[name="description"]').fill("Off we go");
		await page.locator('[name="a.far"]').check();
		await look();
		await page.getByLabel("Hotel").fill("Ritz");
		/* The browser itself would not send it: what is wrong is told all the same. */
		if (options !== plain) {
			await page.locator('[name="a.stops.1.place"]').evaluate((one) => one.form.setAttribute("novalidate", ""));
			await page.getByRole("button", { name: "Create" }).last().click();
			match(await page.locator("#errors").textContent(), /Stops 1, Place/);
			equal(await page.locator('[name="description"]').inputValue(), "Off we go");
			equal(await page.getByLabel("Hotel").inputValue(), "Ritz");
		}
		await page.locator('[name="a.stops.1.place"]').fill("Rome");
		await page.getByRole("button", { name: "Another line" }).click();
		await page.locator('[name="a.stops.2.place"]').fill("Oslo");
		await page.locator('[name="a.stops.2.stay"]').check();
		await look();
		await page.locator('[name="a.stops.2.nights"]').fill("3");
		await page.getByRole("button", { name: "Create" }).last().click();
		await page.getByRole("heading", { level: 1, name: "A tour" }).waitFor();
		const record = (await reeve.api("adam", "GET", `/api/v1/chore/${/CHO\d+/.exec(page.url())[0]}`)).body;
		equal(record.description, "Off we go");
		deepEqual(record.answers.find((one) => one.question === "stops").rows.map((row) => row.map((one) => one.words).join()), ["Rome,no", "Oslo,yes,3"]);
		deepEqual(page.problems, []);
	});

test("a line with nothing but a wrong number is a mistake, not an empty line", async () => {
	const reeve = await shop();
	const context = await reeve.context("rita", plain);
	const answer = await context.request.post(`${reeve.url}/catalogue/breaks`, { form: { page: "0", "a.count": "3", "a.parts.1.part": "", "a.parts.1.size": "many" } });
	equal(answer.status(), 422);
	const html = await answer.text();
	match(html, /Parts 1, Size/);
	match(html, /Parts 1, Part/);
	match(html, /value="many"/, "what was typed stands there");
	equal((await reeve.api("admin", "GET", "/api/v1/wish?q=title%20%3D%20Several")).body.items.length, 0);
});

test("what is typed while the form is looked at is kept", async () => {
	const reeve = await shop();
	const page = await reeve.page("tina");
	await page.goto(`${reeve.url}/catalogue/deep`);
	let release;
	const held = new Promise((done) => (release = done));
	await page.route(/\/step$/, async (route) => {
		await held;
		await route.continue();
	});
	const asked = page.waitForRequest(/\/step$/);
	await page.getByLabel("House").check();
	await asked;
	await page.locator('[name="a.phone"]').fill("12345");
	release();
	await page.locator('[name="a.big"]').waitFor();
	equal(await page.locator('[name="a.phone"]').inputValue(), "12345");
	deepEqual(page.problems, []);
});

test("two tabs with the same form do not disturb each other", async () => {
	const reeve = await shop();
	const [one, two] = [await reeve.page("rita", plain), await reeve.page("rita", plain)];
	for (const [page, words] of [[one, "first"], [two, "second"]]) {
		await page.goto(`${reeve.url}/catalogue/plain`);
		await page.locator('[name="a.line"]').fill(words);
	}
	const numbers = [];
	for (const [page, words] of [[one, "first"], [two, "second"]]) {
		await page.getByRole("button", { name: "Order", exact: true }).click();
		await page.getByText(words).first().waitFor();
		numbers.push(/WSH\d+/.exec(page.url())[0]);
	}
	ok(numbers[0] !== numbers[1]);
});

test("after the session has ended nothing that was typed is lost", async () => {
	const reeve = await shop();
	for (const options of [plain, {}]) {
		const context = await (await chromium()).newContext({ baseURL: reeve.url, ...options });
		const page = await context.newPage();
		await context.request.post(`${reeve.url}/sign-in`, { form: { login: "ralf", password }, maxRedirects: 0 });
		await page.goto(`${reeve.url}/catalogue/deep`);
		await page.getByLabel("House").check();
		await goOn(page);
		await page.locator('[name="a.rooms.1.name"]').fill("cellar");
		await page.getByRole("button", { name: "Another line" }).click();
		await page.locator('[name="a.rooms.2.name"]').fill("attic");
		await context.clearCookies();
		await goOn(page);
		await page.getByRole("heading", { name: "You are signed out" }).waitFor();
		match(await page.locator("main").textContent(), /cellar/);
		ok(!/Bearer/.test(await page.locator("main").textContent()));
		const [second] = await Promise.all([context.waitForEvent("page"), page.getByRole("link", { name: "Sign in" }).click()]);
		await second.getByLabel("Login").fill("ralf");
		await second.getByLabel("Password").fill(password);
		await second.getByRole("button", { name: "Sign in", exact: true }).click();
		await second.waitForURL((url) => url.pathname === "/");
		await page.bringToFront();
		await page.getByRole("button", { name: "Send again" }).click();
		await page.getByRole("button", { name: "Order", exact: true }).click();
		await page.getByRole("heading", { level: 1, name: "A House" }).waitFor();
		match(await page.locator("main").textContent(), /cellar/);
		match(await page.locator("main").textContent(), /attic/);
		await context.close();
	}
});

test("answers hold any text byte for byte, and no page runs it", async () => {
	const reeve = await shop();
	const source = join(import.meta.dirname, "../../../shared/data/strings/blns.json");
	const own = ["</textarea><script>alert(1)</script>", "{{label}}", "=1+1", "\u202eabc", "&lt;", "a\r\nb", "x".repeat(1000), "é".repeat(400)];
	const strings = [...own, ...(existsSync(source) ? JSON.parse(readFileSync(source, "utf8")) : [])].filter((one) => one.trim() !== "");
	const refused = [];
	for (const words of strings) {
		const made = await reeve.api("nora", "POST", "/api/v1/wish", { ware: "plain", answers: { words, line: [...words].slice(0, 40).join("") } });
		if (made.status !== 201) {
			equal(made.status, 422, JSON.stringify(words));
			refused.push(words);
			continue;
		}
		equal(made.body.answers.find((one) => one.question === "words").value, words);
	}
	ok(refused.length < strings.length / 20, `${refused.length} of ${strings.length} refused: ${JSON.stringify(refused).slice(0, 500)}`);
	const page = await reeve.page("nora", plain);
	const dialogs = [];
	page.on("dialog", (dialog) => dialogs.push(dialog.message()));
	/* As a form that comes back with a mistake, and as a record. */
	await page.goto(`${reeve.url}/catalogue/plain`);
	await page.locator('[name="a.words"]').fill(own[0]);
	await page.getByRole("button", { name: "Show what follows" }).click();
	equal(await page.locator('[name="a.words"]').inputValue(), own[0]);
	await page.getByRole("button", { name: "Order", exact: true }).click();
	await page.getByRole("heading", { level: 1 }).waitFor();
	match(await page.locator(".answers").textContent(), /<script>alert\(1\)<\/script>/);
	deepEqual(dialogs, []);
	/* Too long is told at its question, and nothing is lost. */
	const long = await (await reeve.context("nora", plain)).request.post(`${reeve.url}/catalogue/plain`, { form: { page: "0", "a.line": "y".repeat(201), "a.words": "kept" } });
	equal(long.status(), 422);
	match(await long.text(), new RegExp(`id="q-a.line"[^>]*>|${"y".repeat(201)}`));
	match(await long.text(), />kept</);
});

test("an offering that ends while its form is filled in says so, and keeps what was typed", async () => {
	const reeve = await shop();
	equal((await reeve.api("admin", "POST", "/api/v1/ware", { name: "short", title: "Short", model: "plain" })).status, 201);
	const page = await reeve.page("ralf", plain);
	await page.goto(`${reeve.url}/catalogue/short`);
	await page.locator('[name="a.words"]').fill("A long story");
	equal((await reeve.api("admin", "PATCH", "/api/v1/ware/short", { active: false })).status, 200);
	await page.getByRole("button", { name: "Order", exact: true }).click();
	const words = await page.locator("main").textContent();
	match(words, /A long story/);
	match(words, /not offered/);
	equal((await reeve.api("admin", "GET", "/api/v1/wish?q=ware%20%3D%20short")).body.items.length, 0);
});

test("the server stops", async () => (await shop()).stop());
