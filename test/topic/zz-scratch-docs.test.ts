import { runDurableObjectAlarm, runInDurableObject, evictDurableObject } from "cloudflare:test";
import { it } from "vitest";
import { namedTopic, namedUser, untilDelivered } from "../support/member.ts";
import { connect, costOf, draft } from "../support/object.ts";
import { meter } from "../support/meter.ts";

it("scratch costs", async () => {
  const out: unknown[] = [];
  const t = namedTopic(); const a = namedUser(); const b = namedUser();
  out.push(["first follow, inbox side", await costOf(a.stub, (i) => i.follow(t.name, "backend"))]);
  const t2 = namedTopic();
  const u2 = namedUser();
  out.push(["join side, fresh topic", await costOf(t2.stub, (o) => o.join({ member: `user:${u2.name}`, follows: true, since: "latest", unlessPublic: null }))]);
  out.push(["join side, second member", await costOf(t2.stub, (o) => o.join({ member: `user:x`, follows: true, since: "latest", unlessPublic: null }))]);
  out.push(["join again", await costOf(t2.stub, (o) => o.join({ member: `user:x`, follows: true, since: "latest", unlessPublic: null }))]);
  out.push(["second follow of inbox", await costOf(a.stub, (i) => i.follow(namedTopic().name, "backend"))]);
  const t4 = namedTopic(); await t4.stub.publish([draft(0)]);
  out.push(["join side, topic with messages", await costOf(t4.stub, (o) => o.join({ member: `user:x`, follows: true, since: "latest", unlessPublic: null }))]);
  const u5 = namedUser(); await u5.stub.publish([draft(0)]);
  out.push(["first follow of an inbox with messages", await costOf(u5.stub, (i) => i.follow(t.name, "backend"))]);
  out.push(["unfollow inbox side", await costOf(u5.stub, (i) => i.unfollow(t.name, "backend"))]);
  await b.stub.follow(t.name, "backend");
  const m = await meter(t.stub);
  let w = m.written(), al = m.alarms;
  const step = (what: string) => { out.push([what, m.written() - w, m.alarms - al]); w = m.written(); al = m.alarms; };
  await t.stub.publish([draft(1)]); await untilDelivered(t, 1); await new Promise((r) => setTimeout(r, 100)); step("first publish, two followers (all objects)");
  await t.stub.publish([draft(2)]); await untilDelivered(t, 2); await new Promise((r) => setTimeout(r, 100)); step("second publish within 30 s");
  await runDurableObjectAlarm(t.stub); await new Promise((r) => setTimeout(r, 100)); step("alarm");
  await t.stub.publish([draft(3)]); await untilDelivered(t, 3); await new Promise((r) => setTimeout(r, 100)); step("publish after alarm");
  await runDurableObjectAlarm(t.stub); await new Promise((r) => setTimeout(r, 100)); step("alarm");
  await evictDurableObject(t.stub);
  m.stop();
  // watcher only
  const t3 = namedTopic(); const c = namedUser();
  await t3.stub.publish([draft(0)]);
  const s = await connect(c.stub, "latest", { user: c.name }); await s.nextOf("connected");
  const m2 = await meter(t3.stub);
  w = m2.written(); al = m2.alarms;
  const step2 = (what: string) => { out.push([what, m2.written() - w, m2.alarms - al]); w = m2.written(); al = m2.alarms; };
  s.send({ type: "subscribe", id: 1, topic: t3.name, since: "latest" }); await s.nextOf("reply"); step2("subscribe first");
  await t3.stub.publish([draft(1)]); await untilDelivered(t3, 2); await new Promise((r) => setTimeout(r, 100)); step2("publish watcher only");
  s.ws.close(); await s.nextClose();
  await t3.stub.publish([draft(2)]); await new Promise((r) => setTimeout(r, 100)); step2("publish, watcher gone");
  out.push(["own after gone", await runInDurableObject(t3.stub, (_o, { storage }) => storage.sql.exec("SELECT checkpoint FROM log ORDER BY offset DESC LIMIT 1").toArray())]);
  m2.stop();
  // last follower leaves
  await a.stub.unfollow(t.name, "backend"); await b.stub.unfollow(t.name, "backend");
  await t.stub.publish([draft(4)]); await new Promise((r) => setTimeout(r, 100));
  await t.stub.publish([draft(5)]); await new Promise((r) => setTimeout(r, 100));
  out.push(["own after all left", await t.stub.standing(), await runInDurableObject(t.stub, (_o, { storage }) => storage.sql.exec("SELECT offset, checkpoint FROM log ORDER BY offset DESC LIMIT 1").toArray())]);
  // settings
  const t6 = namedTopic();
  out.push(["set on fresh topic", await costOf(t6.stub, (o) => o.set({ access: "public" }))]);
  out.push(["set again", await costOf(t6.stub, (o) => o.set({ access: "public" }))]);
  // exclude on an inbox
  const u7 = namedUser();
  const s7 = await connect(u7.stub, "latest", { user: u7.name }); const { connection } = await s7.nextOf("connected");
  await u7.stub.publish([{ ...draft("hidden"), exclude: connection }]);
  out.push(["exclude on inbox", await s7.messages()]);
  // order of sync and setAlarm
  const t8 = namedTopic(); await namedUser().stub.follow(t8.name, "backend"); await t8.stub.publish([draft(0)]); await evictDurableObject(t8.stub);
  const order = await runInDurableObject(t8.stub, async (o, { storage }) => {
    const log: string[] = []; const sync = storage.sync.bind(storage), set = storage.setAlarm.bind(storage), get = storage.getAlarm.bind(storage);
    storage.sync = () => { log.push("sync"); return sync().then(() => { log.push("durable"); }); };
    storage.getAlarm = () => { log.push("getAlarm"); return get().then((x) => { log.push("gotAlarm"); return x; }); };
    storage.setAlarm = (...a: [number]) => { log.push("setAlarm"); return set(...a).then((x) => { log.push("alarmSet"); return x; }); };
    await (o as any).publish([draft(1)]); log.push("published"); return log;
  });
  out.push(["order", order]);
  const gap = await import("../support/inbox.ts");
  console.log(out.map((x) => JSON.stringify(x)).join("\n"));
}, 60000);
