// The 10-step handler on DBOS, with the PostgreSQL whose address is named. Obeys lines on
// standard input as `peers-rounds` does.

import { createInterface } from "node:readline";
import { DBOS } from "@dbos-inc/dbos-sdk";

async function tenSteps() {
  let sum = 0;
  for (let n = 1; n <= 10; n++) {
    sum += await DBOS.runStep(async () => n, { name: "record" });
  }
  return sum;
}

const run = DBOS.registerWorkflow(tenSteps, { name: "tenSteps" });
DBOS.setConfig({
  name: "ten-steps",
  systemDatabaseUrl: process.argv[2],
  logLevel: "error",
});
await DBOS.launch();
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const [callers, seconds] = line.split(" ").map(Number);
  const took = [];
  const started = performance.now();
  const caller = async () => {
    while (performance.now() - started < seconds * 1000) {
      const asked = performance.now();
      const sum = await run();
      if (sum !== 55) throw new Error(`the steps recorded ${sum}`);
      took.push((performance.now() - asked) * 1000);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const wall_us = (performance.now() - started) * 1000;
  took.sort((one, other) => one - other);
  const at = (percent) => took[Math.floor((took.length * percent) / 100)];
  console.log(JSON.stringify({ handled: took.length, wall_us, p50_us: at(50), p99_us: at(99) }));
}
await DBOS.shutdown();
