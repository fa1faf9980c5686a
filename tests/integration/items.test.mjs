/*
 * A real inventory (the public demonstration data of NetBox, ../shared/data) becomes configuration items: the devices and virtual
 * machines through the example's map, their cables as relations through the API; then a failure is followed through them. A small
 * inventory of our own stands in for what that one has not: a row that must be refused.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deepEqual, equal, ok, skip, test } from "../web/harness.mjs";
import { Place, inPlace, postgres, root, shared } from "./place.mjs";

const packed = join(shared, "cmdb/netbox-demo");
const map = join(root, "examples/import/items.map.yaml");
const folder = mkdtempSync(join(tmpdir(), "reeve-items-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const HEAD = "id,kind,name,role,status,vendor,model,serial,asset_tag,site,notes,updated";
const cell = (value) => `"${String(value ?? "").replaceAll('"', '""')}"`;
const report = async (place, path) => {
	const { code, out, err } = await place.command(["import", "ci", path, "--map", map, "--json"]);
	return { code, err, ...JSON.parse(out) };
};

test("an inventory is imported once, and what its map does not know is refused with a reason", () => inPlace("SQLite", async (place) => {
	const path = join(folder, "own.csv");
	const rows = [
		[1, "device", "rack-01-sw", "Access Switch", "active", "Netvale", "A48", "S-1", "T-1", "North", "", "2026-01-05T08:00:00Z"],
		[2, "device", "web01", "Application Server", "offline", "Ironbark", "R7", "", "", "North", "two disks", "2026-01-05T08:00:00Z"],
		[3, "device", "robot", "Robot", "active", "", "", "", "", "North", "", "2026-01-05T08:00:00Z"],
		[4, "machine", "vm1", "Virtual machine", "active", "", "", "", "", "", "", "2026-01-05T08:00:00Z"],
		[5, "machine", "vm2", "Virtual machine", "active", "", "", "S-9", "", "", "", "2026-01-05T08:00:00Z"],
	];
	writeFileSync(path, `${[HEAD, ...rows.map((row) => row.map(cell).join(","))].join("\n")}\n`);
	const first = await report(place, path);
	deepEqual([first.new, first.changed, first.unchanged, first.refused], [3, 0, 0, 2]);
	const again = await report(place, path);
	deepEqual([again.new, again.changed, again.unchanged, again.refused], [0, 0, 3, 2]);
	const items = await place.records("ci");
	deepEqual(items.map(({ name, class: kind, state }) => [name, kind, state]),
		[["rack-01-sw", "network_device", "in_use"], ["web01", "server", "maintenance"], ["vm1", "virtual_machine", "in_use"]]);
	/* A virtual machine has no serial number: that row says more than its class can hold. */
	const why = JSON.stringify(first);
	ok(/serial is no field of a virtual_machine/.test(why + first.err), why + first.err);
}));

/* The public inventory as rows of the example's columns, and the cables between its devices. */
function readInventory() {
	const file = existsSync(packed) && readdirSync(packed).find((name) => name.endsWith(".json.zst"));
	if (!file) skip(`${packed} is not there`);
	const all = JSON.parse(execFileSync("zstd", ["-dc", join(packed, file)], { maxBuffer: 1 << 28 }));
	const of = (model) => new Map(all.filter((one) => one.model === model).map((one) => [one.pk, one.fields]));
	const sites = of("dcim.site"), roles = of("dcim.devicerole"), types = of("dcim.devicetype"), makers = of("dcim.manufacturer");
	const devices = of("dcim.device"), machines = of("virtualization.virtualmachine");
	const rows = [];
	for (const [id, device] of devices) {
		const type = types.get(device.device_type);
		rows.push([id, "device", device.name || `device ${id}`, roles.get(device.role).name, device.status, makers.get(type.manufacturer).name,
			type.model, device.serial, device.asset_tag, sites.get(device.site)?.name, device.comments, device.last_updated]);
	}
	for (const [id, machine] of machines)
		rows.push([id, "machine", machine.name, "Virtual machine", machine.status, "", "", "", "", "", machine.comments, machine.last_updated]);
	/* A cable has two ends, each on some port of a device. */
	const ends = new Map();
	const ports = new Map(["interface", "frontport", "rearport", "powerport", "poweroutlet", "consoleport", "consoleserverport"].map((name) => [name, of(`dcim.${name}`)]));
	for (const end of of("dcim.cabletermination").values()) {
		const device = ports.get(end.termination_type[1])?.get(end.termination_id)?.device;
		if (!device) continue;
		if (!ends.has(end.cable)) ends.set(end.cable, {});
		(ends.get(end.cable)[end.cable_end] ??= []).push(device);
	}
	const cables = new Set();
	for (const { A = [], B = [] } of ends.values())
		for (const from of A) for (const to of B) if (from !== to) cables.add(`${Math.min(from, to)} ${Math.max(from, to)}`);
	return { rows, devices: devices.size, machines: machines.size, cables: [...cables].map((pair) => pair.split(" ").map(Number)) };
}

for (const kind of ["SQLite", "PostgreSQL"]) test(`a real inventory becomes items and relations, and a failure is followed (${kind})`, () => {
	if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES is not set");
	const inventory = readInventory();
	return inPlace(kind, async (place) => {
		const path = join(folder, "netbox.csv");
		writeFileSync(path, `${[HEAD, ...inventory.rows.map((row) => row.map(cell).join(","))].join("\n")}\n`);
		const first = await report(place, path);
		deepEqual([first.new, first.refused], [inventory.devices + inventory.machines, 0], first.err);
		const items = await place.records("ci");
		const numbers = new Map(items.filter((item) => item.external_ref.startsWith("device ")).map((item) => [Number(item.external_ref.slice(7)), item.number]));
		equal(numbers.size, inventory.devices);
		await place.start();
		await place.person("cora", ["configuration_manager"]);
		ok(inventory.cables.length > 20, `${inventory.cables.length} cables`);
		for (const [from, to] of inventory.cables) {
			const answer = await place.api("cora", "POST", `/api/v1/ci/${numbers.get(from)}/links`, { relation: "connected_to", to: numbers.get(to) });
			equal(answer.status, 201, JSON.stringify(answer.body));
		}
		/* What our walk finds is what a walk over the cables finds. */
		const reach = (id) => {
			const reached = new Set([id]);
			for (let grown = true; grown;) {
				grown = false;
				for (const [from, to] of inventory.cables) if (reached.has(to) && !reached.has(from)) grown = Boolean(reached.add(from));
			}
			reached.delete(id);
			return reached;
		};
		const root = [...numbers.keys()].reduce((best, id) => (reach(id).size > reach(best).size ? id : best));
		const reached = reach(root);
		const { status, body } = await place.api("cora", "GET", `/api/v1/ci/${numbers.get(root)}/impact?direction=up`);
		equal(status, 200);
		deepEqual(body.items.map((item) => item.number).sort(), [...reached].map((id) => numbers.get(id)).sort());
		ok(reached.size >= 3, `${reached.size} reached`);
		/* The edits were of items in use, and no change allowed them. */
		const marked = await place.api("cora", "GET", "/api/v1/ci?q=unauthorised%20=%20true&count=true&limit=1");
		ok(marked.body.total > 20);
		await place.end();
	});
});
