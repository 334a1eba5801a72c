import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

// Below the kernel's own range (/proc/sys/net/ipv4/ip_local_port_range, from 32768): a port of that range may be given to
// somebody's outgoing connection, or to another test that asks, between this look and its use.
const FIRST = 10_000;
const LAST = 32_000;

/** A TCP port that nobody listens on at this moment, on any address. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST, LAST);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port after 100 tries");
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "0.0.0.0");
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
