/*
 * Configuration items as people keep them: registered by class, related, followed, edited without a change and cleared; in a browser with
 * and without scripts, on a wide screen and on a phone.
 */
import { accessible, deepEqual, equal, match, ok, server, test } from "./harness.mjs";

let reeve;

test("a server with a configuration manager", async () => {
	reeve = await server();
	await reeve.cliWith("Correct horse 77\n", "user", "add", "cora", "--name", "Cora Configuration", "--mail", "cora@example.com",
		"--role", "configuration_manager", "--password-stdin");
});

const item = async (body) => (await reeve.api("cora", "POST", "/api/v1/ci", body)).body.number;
const link = async (from, relation, to) => equal((await reeve.api("cora", "POST", `/api/v1/ci/${from}/links`, { relation, to })).status, 201);

/* The offered names lie over the button until they are put away. */
async function to(page, number) {
	const input = page.locator("#relations input[type=text]");
	await input.fill(number);
	await input.press("Escape");
}

for (const javaScriptEnabled of [true, false]) {
	const how = javaScriptEnabled ? "with" : "without";
	test(`an item is registered, related and followed ${how} scripts`, async () => {
		const host = await item({ class: "server", name: `host ${how}`, team: "network" });
		const page = await reeve.page("cora", { javaScriptEnabled });
		await page.goto("/ci/new");
		if (javaScriptEnabled) await accessible(page, "the classes to choose from");
		await page.getByRole("link", { name: "Virtual machine", exact: true }).click();
		match(page.url(), /class=virtual_machine/);
		equal(await page.getByLabel("Serial number").count(), 0);
		equal(await page.getByLabel("Processors").count(), 1);
		await page.getByLabel(/^Name/).fill(`machine ${how}`);
		await page.getByLabel("Processors").fill("8");
		await page.getByRole("button", { name: "Create" }).click();
		match(page.url(), /\/ci\/CI\d+/);
		match(await page.locator("#side-fields").innerText(), /Virtual machine/);
		/* Nobody has asked for an item: there is nobody to reply to, and words that items share say nothing. */
		equal(await page.locator("#composer button[value=public]").count(), 0);
		equal(await page.locator("#composer button[value=internal]").count(), 1);
		equal(await page.locator("#side-similar").count(), 0);

		await page.getByText("Add a relation").click();
		const relations = await page.locator("#relations select option").allInnerTexts();
		ok(relations.includes("hosted on") && !relations.includes("located in"), relations.join());
		await page.locator("#relations select").selectOption("hosted_on");
		await to(page, host);
		await page.locator("#relations").getByRole("button", { name: "Link", exact: true }).click();
		match(await page.locator("#relations").innerText(), new RegExp(`hosted on\\s+.*host ${how}`, "s"));
		/* From the other end: the host's page links an application to itself. */
		const shop = await item({ class: "application", name: `shop ${how}` });
		await page.goto(`/ci/${host}`);
		await page.getByText("Add a relation").click();
		await page.locator("#relations select").selectOption("~runs_on");
		await to(page, shop);
		await page.locator("#relations").getByRole("button", { name: "Link", exact: true }).click();
		match(await page.locator("#relations").innerText(), new RegExp(`runs\\s+.*shop ${how}`, "s"));
		await link(shop, "supports", "mail");
		await page.goto(`/ci/${host}`);
		match(await page.locator("#impact").innerText(), /Mail/);
		await page.locator("#impact").getByRole("link", { name: "All of it" }).click();
		deepEqual((await page.locator("#impact-up .reach a").allInnerTexts()).sort(), ["Mail", `machine ${how}`, `shop ${how}`].sort());
		match(await page.locator("#impact-up").innerText(), /1 step away.*2 steps away/s);
		/* Drawn too: the host, what is on it, and the service. */
		equal(await page.locator("#neighbours .task-box").count(), 4);
		equal(await page.locator("#neighbours .task-edge").count(), 3);
		if (javaScriptEnabled) await accessible(page, "the impact of an item");
		deepEqual(page.problems, []);
		await page.close();
	});

	test(`an unauthorised edit is shown and cleared ${how} scripts`, async () => {
		const host = await item({ class: "server", name: `rack ${how}`, team: "network", memory_gb: 16 });
		await reeve.api("cora", "POST", `/api/v1/ci/${host}/transitions/deploy`, {});
		const before = new Date().toISOString();
		await new Promise((done) => setTimeout(done, 20));
		equal((await reeve.api("nora", "PATCH", `/api/v1/ci/${host}`, { memory_gb: 32 })).status, 200);
		const hers = await reeve.page("nora", { javaScriptEnabled });
		await hers.goto(`/ci/${host}`);
		match(await hers.locator("#control").innerText(), /Memory in GB.*Nora Network/s);
		equal(await hers.locator("#control form").count(), 0);
		await hers.close();
		const page = await reeve.page("cora", { javaScriptEnabled });
		await page.goto("/ci?view=unauthorised");
		await page.getByRole("link", { name: `rack ${how}` }).first().click();
		if (javaScriptEnabled) await accessible(page, "an item with unauthorised edits");
		await page.getByLabel("Why it was right").fill("Agreed by phone");
		await page.getByRole("button", { name: "Clear the mark" }).click();
		equal(await page.locator("#control").count(), 0);
		match(await page.locator("main").innerText(), /Unauthorised edits cleared/);
		await page.getByRole("link", { name: "Compare with earlier" }).click();
		await page.getByLabel("At this moment").fill("2001-01-01T00:00");
		await page.getByRole("button", { name: "Compare" }).click();
		match(await page.locator("main").innerText(), /did not exist then/);
		await page.goto(`${page.url().split("?")[0]}?at=${before}`);
		match(await page.locator("#compared").innerText(), /Memory in GB\s+16\s+32/);
		if (javaScriptEnabled) await accessible(page, "a comparison");
		deepEqual(page.problems, []);
		await page.close();
	});
}

test("an incident shows the services that its item affects; a phone shows all of an item", async () => {
	const shop = await item({ class: "application", name: "Order desk" });
	await link(shop, "supports", "mail");
	const incident = (await reeve.api("adam", "POST", "/api/v1/incident", { title: "Orders fail", ci: shop, requester: "rita" })).body.number;
	const page = await reeve.page("adam", { viewport: { width: 390, height: 800 } });
	await page.goto(`/incident/${incident}`);
	match(await page.locator("#impact").innerText(), /Affected services.*Mail/s);
	await page.goto(`/ci/${shop}`);
	match(await page.locator("#related-open_incidents").innerText(), /Orders fail/);
	const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	ok(overflow <= 0, `${overflow} pixels too wide`);
	await accessible(page, "an item on a phone");
	deepEqual(page.problems, []);
	await page.close();
});

test("a requester sees the device they use and no other", async () => {
	const own = await item({ class: "workstation", name: "nb-rita", used_by: "rita", cost: 1200 }), other = await item({ class: "workstation", name: "nb-other" });
	const page = await reeve.page("rita");
	equal((await page.goto(`/ci/${own}`)).status(), 200);
	ok(!(await page.content()).includes("1200"));
	equal((await page.goto(`/ci/${other}`)).status(), 404);
	await page.close();
});
