/* The inspector of definitions: drawn, in tables, in the API; for those who may read all records of the type. */
import { accessible, equal, match, server, test } from "./harness.mjs";

test("a definition is drawn and told in tables, to those who may read all of its records", async () => {
	const reeve = await server();
	const page = await reeve.page("otto");
	await page.goto("/definitions");
	await accessible(page, "definitions");
	await page.locator("main a[href='/definitions/change']").click();
	await page.waitForURL("**/definitions/change");
	equal(await page.locator("svg.diagram .state").count(), 10);
	equal((await page.locator("svg.diagram .by-approval").count()) > 0, true);
	match(await page.locator("main").textContent(), /Proven sound/);
	match(await page.locator("table").first().textContent(), /Authorisation/);
	equal(await page.locator("main [style]").count(), 0);
	/* The links at the top lead to the parts of the page, below what stays on top of it. */
	for (const link of await page.locator(".definition-links a").all()) {
		await link.click();
		const part = page.locator(await link.getAttribute("href"));
		equal(await part.count(), 1);
		equal((await part.boundingBox()).y >= 0, true);
	}
	equal((await page.locator(".definition-links a").count()) >= 6, true);
	await page.goto("/definitions/change");
	equal(page.problems.join(), "");
	await accessible(page, "definition");

	const answer = await reeve.api("otto", "GET", "/api/v1/definitions/change");
	equal(answer.status, 200);
	equal(answer.body.states.length, 10);
	equal(answer.body.findings.length, 0);
	equal(answer.body.transitions.some((one) => one.name === "authorise" && /approval/.test(one.by[0])), true);
	/* The models belong to the version. */
	match(await page.locator("section[aria-labelledby=models]").textContent(), /models\/standard_patch\.yaml/);
	equal(answer.body.models.some((one) => one.name === "standard_patch" && one.steps.length > 0), true);
	equal(answer.body.model_sources.some((one) => one.path === "models/standard_patch.yaml" && /standard_patch/.test(one.source)), true);
	equal((await reeve.api("adam", "GET", "/definitions/change", undefined, { Accept: "text/html" })).status, 403);
	equal((await reeve.api("adam", "GET", "/api/v1/definitions/change")).status, 403);
});
