/* The workspace in a browser: worklist, record page, forms, drafts, live pages and the keyboard, with and without scripts. */
import { accessible, doesNotMatch, equal, match, ok, server, test } from "./harness.mjs";

const plain = { javaScriptEnabled: false };

async function incident(reeve, fields = {}) {
	const answer = await reeve.api("adam", "POST", "/api/v1/incident",
		{ title: "Printer jams", description: "On *every* page", requester: "rita", team: "desk", ...fields });
	equal(answer.status, 201);
	return answer.body.number;
}

async function record(reeve, number) {
	return (await reeve.api("adam", "GET", `/api/v1/incident/${number}`)).body;
}

test("the worklist shows a view, filters by condition and points at a mistake", async () => {
	const reeve = await server();
	const number = await incident(reeve, { title: "Worklist <b>one</b>" });
	const page = await reeve.page("adam", plain);
	await page.goto("/incident?view=unassigned");
	const row = page.locator(`#row-${number}`);
	match(await row.textContent(), /Worklist <b>one<\/b>/);
	match(await row.textContent(), /5 – Planning/);
	await page.getByLabel("Condition").fill(`title = "nothing has this"`);
	await page.getByRole("button", { name: "Filter" }).click();
	match(await page.locator("main").textContent(), /Nothing matches this filter/);
	await page.getByLabel("Condition").fill("priority <= 2 and asignee = me");
	const [answer] = await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: "Filter" }).click()]);
	equal(answer.status(), 400);
	equal(await page.getByLabel("Condition").inputValue(), "priority <= 2 and asignee = me");
	match(await page.getByRole("alert").textContent(), /did you mean 'assignee'\?[^]*column 19/);
	equal(await page.locator("#filter-error mark").textContent(), "asignee");
	/* The same address as JSON is the list of the API. */
	const list = await reeve.api("adam", "GET", `/incident?q=${encodeURIComponent(`number = "${number}"`)}`, undefined, { Accept: "application/json" });
	equal(list.body.items[0].number, number);
});

test("pages follow each other without doubles", async () => {
	const reeve = await server();
	await Promise.all(Array.from({ length: 60 }, (_, i) => incident(reeve, { title: `Paging ${i}` })));
	const page = await reeve.page("adam", plain);
	const seen = [];
	await page.goto(`/incident?q=${encodeURIComponent("title starts with \"Paging\"")}&sort=title`);
	for (;;) {
		seen.push(...(await page.locator("tr[data-version]").evaluateAll((rows) => rows.map((row) => row.id))));
		if ((await page.getByRole("link", { name: "Next page" }).count()) === 0) break;
		await page.getByRole("link", { name: "Next page" }).click();
	}
	equal(seen.length, 60);
	equal(new Set(seen).size, 60);
});

test("the rail folds by practice, and one may create what the page is about", async () => {
	const reeve = await server();
	const page = await reeve.page("adam", plain);
	await page.goto("/incident?view=all");
	const open = await page.locator("details.rail-group").evaluateAll((all) => all.map((group) => (group.open ? group.querySelector("summary").textContent : "")));
	match(open[0], /Incidents/);
	equal(open.filter((name) => name !== "").length, 1);
	match(await page.locator("[data-create]").textContent(), /Incident/);
	await page.locator(".drop summary").click();
	await page.locator(".drop").getByRole("link", { name: "Task" }).click();
	match(page.url(), /\/work_task\/new$/);
	match(await page.locator("[data-create]").textContent(), /Task/);
	equal(page.problems.join(), "");
});

test("counts of the views come by themselves", async () => {
	const reeve = await server();
	const page = await reeve.page("adam");
	await page.goto("/incident?view=all");
	await page.waitForFunction(() => /^\d+\+?$/.test(document.querySelector("[data-count='incident/unassigned']").textContent));
	equal(page.problems.join(), "");
});

test("a reply and a note cannot be taken for each other, and the requester sees only the reply", async () => {
	const reeve = await server();
	const number = await incident(reeve);
	const page = await reeve.page("adam", plain);
	await page.goto(`/incident/${number}`);
	await page.getByLabel("Reply or note").fill("A **public** answer");
	await page.getByRole("button", { name: "Reply to Rita Requester (public)" }).click();
	match(page.url(), /done=sent/);
	await page.getByLabel("Reply or note").fill("Something internal");
	await page.getByRole("button", { name: "Internal note" }).click();
	const note = page.locator(".entry.internal", { hasText: "Something internal" });
	match(await note.textContent(), /Internal/);
	const reply = page.locator(".entry", { hasText: "A public answer" });
	ok(!(await reply.getAttribute("class")).includes("internal"));
	equal(await reply.locator("strong", { hasText: "public" }).count(), 1);
	const hers = await (await reeve.context("rita", plain)).request.get(`/incident/${number}`);
	equal(hers.status(), 200);
	match(await hers.text(), /answer/);
	doesNotMatch(await hers.text(), /Something internal/);
});

test("who may read it must be said: nothing is sent otherwise, and the text stays", async () => {
	const reeve = await server();
	const number = await incident(reeve);
	const context = await reeve.context("adam", plain);
	const answer = await context.request.post(`/incident/${number}/comments`, { form: { text: "Which button was it?" } });
	equal(answer.status(), 422);
	match(await answer.text(), /Which button was it\?/);
});

test("a transition asks exactly for what it needs, in the page and on a page of its own", async () => {
	const reeve = await server();
	const number = await incident(reeve, { assignee: "adam" });
	const page = await reeve.page("adam", plain);
	await page.goto(`/incident/${number}`);
	await page.getByRole("button", { name: "Resolve" }).first().click();
	const form = page.locator("#step-resolve");
	equal((await form.locator("select, textarea, input:not([type=hidden])").count()), 3);
	await form.getByLabel("Resolution code").selectOption("fixed");
	await form.locator("textarea[name=resolution]").fill("New drum");
	await form.getByRole("button", { name: "Resolve" }).click();
	match(await page.locator("#record-head").textContent(), /Resolved/);
	equal((await record(reeve, number)).resolution, "New drum");
	/* What is missing is said beside the field, and what was typed stays. */
	const second = await incident(reeve, { assignee: "adam" });
	const context = await reeve.context("adam", plain);
	const refused = await context.request.post(`/incident/${second}/transitions/resolve`, { form: { resolution: "Half of it" } });
	equal(refused.status(), 422);
	match(await refused.text(), /resolve needs resolution_code[^]*Half of it|Half of it[^]*resolve needs resolution_code/);
});

test("two people save at once: the second sees both versions and loses nothing", async () => {
	const reeve = await server();
	const number = await incident(reeve);
	const page = await reeve.page("adam", plain);
	await page.goto(`/incident/${number}/edit`);
	await page.getByLabel("Title").fill("Mine");
	await reeve.api("nora", "PATCH", `/api/v1/incident/${number}`, { title: "Theirs" });
	await page.getByRole("button", { name: "Save" }).click();
	match(await page.locator("h1").textContent(), /Nora Network changed this meanwhile/);
	equal(await page.getByLabel("Title").inputValue(), "Mine");
	equal(await page.locator(".theirs").textContent(), "Theirs");
	await page.getByRole("button", { name: "Save my version" }).click();
	equal((await record(reeve, number)).title, "Mine");
});

test("a draft of an edit comes back, and can be thrown away", async () => {
	const reeve = await server();
	const number = await incident(reeve);
	const page = await reeve.page("adam");
	await page.goto(`/incident/${number}/edit`);
	await page.getByLabel("Title").fill("A better title");
	await page.getByText("Draft saved").waitFor();
	await page.goto(`/incident/${number}/edit`);
	equal(await page.getByLabel("Title").inputValue(), "A better title");
	await page.getByRole("button", { name: "Discard the draft" }).click();
	await page.waitForURL(new RegExp(`${number}$`));
	await page.goto(`/incident/${number}/edit`);
	equal(await page.getByLabel("Title").inputValue(), "Printer jams");
});

test("an edit sends only what was touched", async () => {
	const reeve = await server();
	const number = await incident(reeve, { description: "two\nlines" });
	const before = await record(reeve, number);
	const page = await reeve.page("adam", plain);
	await page.goto(`/incident/${number}/edit`);
	await page.getByRole("button", { name: "Save" }).click();
	equal((await record(reeve, number)).version, before.version);
	await page.goto(`/incident/${number}/edit`);
	await page.getByLabel("Only its team").or(page.getByLabel("Restricted")).first().check();
	await page.getByRole("button", { name: "Save" }).click();
	const after = await record(reeve, number);
	equal(after.restricted, true);
	equal(after.description, "two\nlines");
});

test("a refused creation shows what is wrong beside the field and keeps the rest", async () => {
	const reeve = await server();
	const context = await reeve.context("adam", plain);
	const refused = await context.request.post("/incident/new", { form: { description: "typed <i>for long</i>", impact: "high", requester: "rita" } });
	equal(refused.status(), 422);
	match(await refused.text(), /title is needed/);
	match(await refused.text(), /typed &lt;i&gt;for long&lt;\/i&gt;/);
	match(await refused.text(), /value="high" selected/);
});

test("an agent's new record begins without a requester and came by telephone", async () => {
	const reeve = await server();
	const context = await reeve.context("adam", plain);
	const form = await (await context.request.get("/incident/new")).text();
	match(form, /name="requester" value=""/);
	match(form, /<option value="phone" selected>/);
	const refused = await context.request.post("/incident/new", { form: { title: "For whom?", requester: "", channel: "chat" } });
	equal(refused.status(), 422);
	const words = await refused.text();
	match(words, /requester is needed/);
	match(words, /<option value="chat" selected>/);
	match(words, /value="For whom\?"/);
	/* Through the API the caller is the requester, unless it says who is. */
	equal((await reeve.api("adam", "POST", "/api/v1/incident", { title: "My own" })).body.requester.number, "adam");
	/* In the portal it is always oneself. */
	const hers = await (await reeve.context("rita", plain)).request.post("/incident/new", { form: { title: "My screen is black" }, maxRedirects: 0 });
	equal(hers.status(), 303);
});

test("counts of views follow what happens", async () => {
	const reeve = await server();
	const context = await reeve.context("adam", plain);
	const count = async () => Number((await (await context.request.get("/incident/view-counts", { headers: { Accept: "application/json" } })).json()).counts["incident/my_work"]);
	const before = await count();
	equal(await count(), before);
	await incident(reeve, { assignee: "adam" });
	const end = Date.now() + 5000;
	while ((await count()) !== before + 1 && Date.now() < end) await new Promise((done) => setTimeout(done, 50));
	equal(await count(), before + 1);
});

test("the same form sent twice does its work once", async () => {
	const reeve = await server();
	const context = await reeve.context("adam", plain);
	const form = { title: "Sent twice", requester: "rita", _key: "a-key-of-this-test" };
	const first = await context.request.post("/incident/new", { form, maxRedirects: 0 });
	const second = await context.request.post("/incident/new", { form, maxRedirects: 0 });
	equal(first.status(), 303);
	equal(second.headers().location, first.headers().location);
	equal((await reeve.api("adam", "GET", "/api/v1/incident?q=title%20%3D%20%22Sent%20twice%22")).body.items.length, 1);
});

test("files go with a note, stay inside, and come back as they were", async () => {
	const reeve = await server();
	const number = await incident(reeve);
	const page = await reeve.page("adam", plain);
	await page.goto(`/incident/${number}`);
	await page.getByLabel("Reply or note").fill("The log");
	await page.locator("#composer input[type=file]").setInputFiles({ name: "größe.log", mimeType: "text/plain", buffer: Buffer.from("line\n") });
	await page.getByRole("button", { name: "Internal note" }).click();
	const link = page.locator("#side-files a", { hasText: "größe.log" });
	const file = await (await reeve.context("adam", plain)).request.get(await link.getAttribute("href"));
	equal((await file.body()).toString(), "line\n");
	equal((await (await reeve.context("rita", plain)).request.get(await link.getAttribute("href"))).status(), 404);
	/* Whoever may take it off has a button for it. */
	await page.getByRole("button", { name: "Remove the file größe.log" }).click();
	equal(await page.locator("#side-files a").count(), 0);
});

test("what is typed survives a reload, is gone once sent, and never returns", async () => {
	const reeve = await server();
	const number = await incident(reeve);
	const page = await reeve.page("adam");
	await page.goto(`/incident/${number}`);
	await page.keyboard.press("n");
	await page.keyboard.type("Half a thought");
	await page.getByText("Draft saved").waitFor();
	await page.reload();
	equal(await page.getByLabel("Reply or note").inputValue(), "Half a thought");
	/* Also without scripts, and nobody else sees it. */
	const bare = await reeve.page("adam", plain);
	await bare.goto(`/incident/${number}`);
	equal(await bare.getByLabel("Reply or note").inputValue(), "Half a thought");
	const other = await reeve.page("nora", plain);
	await other.goto(`/incident/${number}`);
	equal(await other.getByLabel("Reply or note").inputValue(), "");
	await page.getByRole("button", { name: "Internal note" }).click();
	await page.waitForURL(/done=noted/);
	equal(await page.getByLabel("Reply or note").inputValue(), "");
	equal(page.problems.join(), "");
});

test("a live page shows what others do and leaves alone what is being typed", async () => {
	const reeve = await server();
	const number = await incident(reeve);
	const page = await reeve.page("adam");
	await page.goto(`/incident/${number}`);
	await page.getByLabel("Reply or note").click();
	await page.keyboard.type("I am typ");
	await reeve.api("nora", "POST", `/api/v1/incident/${number}/comments`, { text: "From elsewhere", visibility: "public" });
	await page.locator(".timeline", { hasText: "From elsewhere" }).waitFor();
	await page.keyboard.type("ing");
	equal(await page.getByLabel("Reply or note").inputValue(), "I am typing");
	await reeve.api("nora", "POST", `/api/v1/incident/${number}/transitions/start`, {});
	await page.locator("#record-head .state", { hasText: "In progress" }).waitFor();
	await page.getByRole("button", { name: "Wait" }).first().click();
	ok(await page.locator("#step-wait").isVisible());
	equal(page.problems.join(), "");
});

test("new rows of a list are announced, not pushed under the pointer", async () => {
	const reeve = await server();
	const page = await reeve.page("adam");
	await page.goto("/incident?view=all");
	await page.waitForTimeout(500);
	const first = await page.locator("tr[data-version]").first().getAttribute("id");
	const number = await incident(reeve, { title: "Fresh one" });
	await page.getByRole("button", { name: "1 new: show" }).waitFor();
	equal(await page.locator("tr[data-version]").first().getAttribute("id"), first);
	await page.getByRole("button", { name: "1 new: show" }).click();
	await page.locator(`#row-${number}`).waitFor();
	equal(page.problems.join(), "");
});

test("link fields find by typing, and send what was chosen", async () => {
	const reeve = await server();
	const number = await incident(reeve);
	const page = await reeve.page("adam");
	await page.goto(`/incident/${number}`);
	await page.getByRole("button", { name: "Assign" }).first().click();
	const field = page.locator("#step-assign").getByRole("combobox", { name: /Assignee/ });
	await field.fill("nor");
	await page.getByRole("option", { name: /Nora Network/ }).waitFor();
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	equal(await field.inputValue(), "Nora Network");
	await page.locator("#step-assign").getByRole("button", { name: "Assign" }).click();
	await page.locator("#record-head", { hasText: "Nora Network" }).waitFor();
	equal((await record(reeve, number)).assignee.number, "nora");
	equal(page.problems.join(), "");
});

test("the keyboard moves, opens and writes; Ctrl+Enter never guesses who will read it", async () => {
	const reeve = await server();
	await incident(reeve, { title: "For the keyboard" });
	const page = await reeve.page("adam");
	await page.goto("/incident?view=all");
	await page.keyboard.press("j");
	await page.keyboard.press("Enter");
	await page.waitForURL(/INC/);
	await page.getByLabel("Reply or note").fill("Not said for whom");
	await page.keyboard.press("Control+Enter");
	await page.waitForTimeout(300);
	doesNotMatch(page.url(), /done=/);
	await page.keyboard.press("Tab");
	await page.locator("h1").click();
	await page.keyboard.press("r");
	await page.keyboard.press("Control+Enter");
	await page.waitForURL(/done=sent/);
	await page.keyboard.press("?");
	ok(await page.getByRole("dialog", { name: "Keyboard" }).isVisible());
	equal(page.problems.join(), "");
});

for (const colorScheme of ["light", "dark"])
	test(`list, record, forms and errors are accessible, ${colorScheme}`, async () => {
		const reeve = await server();
		const number = await incident(reeve, { assignee: "adam" });
		await reeve.api("adam", "POST", `/api/v1/incident/${number}/comments`, { text: "Inside", visibility: "internal" });
		await reeve.api("adam", "POST", `/api/v1/incident/${number}/comments`, { text: "Outside", visibility: "public" });
		const page = await reeve.page("adam", { colorScheme });
		for (const path of ["/incident?view=all", "/incident?q=nofield%20%3D%201", `/incident/${number}`, "/incident/new", `/incident/${number}/edit`,
			`/incident/${number}/clocks`, `/incident/${number}/similar`, `/incident/${number}/transitions/wait`, "/incident/INC9999999"]) {
			await page.goto(path);
			await accessible(page, path);
		}
		await page.goto(`/incident/${number}`);
		await page.getByRole("button", { name: "Wait" }).first().click();
		await accessible(page, "an open step");
	});

test("a phone shows list and record without scrolling sideways", async () => {
	const reeve = await server();
	const number = await incident(reeve, { title: `${"Averylongword".repeat(12)} end` });
	const page = await reeve.page("adam", { viewport: { width: 320, height: 640 } });
	for (const path of ["/incident?view=all", `/incident/${number}`, "/incident/new", `/incident/${number}/edit`]) {
		await page.goto(path);
		ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, path);
	}
});
