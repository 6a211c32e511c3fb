// The counter and the 10-step handler as methods of a Durable Object: POST /add/KEY, /ten/KEY.

import { DurableObject } from "cloudflare:workers";

export class Actor extends DurableObject {
  async add(n) {
    const count = ((await this.ctx.storage.get("count")) ?? 0) + n;
    this.ctx.storage.put("count", count);
    // The answer is held back until what was put is on the disk.
    return count;
  }

  async ten(run) {
    let sum = 0;
    for (let n = 1; n <= 10; n++) {
      // With the run, because a value that is there already is not written again.
      this.ctx.storage.put(`step ${n}`, [run, n]);
      // Else the next step would begin before this one is on the disk.
      await this.ctx.storage.sync();
      sum += n;
    }
    return sum;
  }
}

export default {
  async fetch(request, env) {
    const [, method, key] = new URL(request.url).pathname.split("/");
    const n = await request.json();
    const actor = env.ACTORS.get(env.ACTORS.idFromName(key));
    return Response.json(await (method === "add" ? actor.add(n) : actor.ten(n)));
  },
};
