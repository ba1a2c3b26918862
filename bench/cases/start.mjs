import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/child.mjs';
import { median } from '../support/figures.mjs';
import { Millrace } from '../support/millrace.mjs';

const rounds = 3;
const mostSeconds = 3;

/** Measures the start on an existing DATA_DIR with the embedded Postgres, up to the first healthy response. */
export default async function start(world, report) {
  const environment = { DATA_DIR: world.directory('start') };
  const first = await timed(world, environment);
  const took = [];
  const memory = [];
  for (let round = 0; round < rounds; round += 1) {
    const { seconds, resident } = await timed(world, environment);
    took.push(seconds);
    memory.push(resident);
  }
  report.most(
    'start on an existing DATA_DIR to healthy',
    median(took),
    's',
    mostSeconds,
    'with the embedded Postgres',
  );
  report.note('the first start, which makes the database', first.seconds, 's');
  report.note('memory of the process when it is healthy', median(memory), 'MB');
}

async function timed(world, environment) {
  const port = await freePort();
  const begun = performance.now();
  const server = world.keep(new Millrace('all', port, environment));
  await server.until(() => server.isHealthy());
  const seconds = (performance.now() - begun) / 1000;
  const resident = server.residentMB;
  await world.stop(server);
  await delay(500);
  return { seconds, resident };
}
