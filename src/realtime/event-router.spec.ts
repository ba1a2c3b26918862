import { expect, test, vi } from 'vitest';
import type { ActivityEvent } from '../common/event-map.js';
import { droppedEvents } from '../common/metrics.js';
import type { Infrastructure } from '../infra/infrastructure.js';
import { Audiences } from '../projects/audiences.js';
import { EventRouter } from './event-router.js';
import type { Subscribers } from './subscribers.js';

const event = { entity_type: 'project', project_id: 'a' } as ActivityEvent;
const dropped = async () => (await droppedEvents.get()).values[0]?.value ?? 0;

test('without the database, events beyond 10,000 are dropped, counted, and logged once', async () => {
  const answers: (() => void)[] = [];
  const query = () => new Promise((resolve) => answers.push(() => resolve([])));
  const subscribers = { has: () => true, of: () => [] } as unknown as Subscribers;
  const warn = vi.fn<(text: string) => void>();
  const infrastructure = { logger: { warn } } as unknown as Infrastructure;
  const router = new EventRouter(subscribers, new Audiences({ query } as never), infrastructure);

  const overflow = (count: number) => {
    for (let sent = 0; sent < count; sent += 1) router.activity(event);
  };
  overflow(10_003);
  expect([await dropped(), warn.mock.calls.length]).toEqual([3, 1]);

  // a project that was not found is looked up again for each event
  const isIdle = router.afterwards(async () => undefined).then(() => true);
  while (!(await Promise.race([isIdle, new Promise((resolve) => setImmediate(resolve))])))
    answers.splice(0).forEach((answer) => answer());
  router.activity(event);
  expect(await dropped()).toBe(3);
});
