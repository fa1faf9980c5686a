// Runs every *.test.mjs of this folder one after the other and adds up what they count: ends with "N passed, N failed".
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
let passed = 0;
let failed = 0;

function run(file) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, file)], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.on("close", (status) => resolve({ status, output }));
  });
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).sort()) {
  const { status, output } = await run(file);
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(output);
  console.log(`== ${file}`);
  console.log(output.trimEnd());
  passed += counts ? Number(counts[1]) : 0;
  failed += counts ? Number(counts[2]) : 1;
  if (counts && status !== 0 && Number(counts[2]) === 0) failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
