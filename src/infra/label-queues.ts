import { createHash } from 'node:crypto';
import { createRedisBackend, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../common/logger.js';

const prefix = 'millrace';
/** The queue of what any worker can run. */
const anyWorker = 'executions';
/** A sorted set in Redis: the label sets in use, by the time of their last use in milliseconds. It may be lost, and is made anew. */
const setsKey = `${prefix}:label-sets`;

/** The most queues that a process keeps objects of, which cost a few listeners and 20 kB each. */
const maxKept = 100;
/** A set is forgotten when its queue has been empty for this time. */
const unusedMs = 600_000;
const purgedAtOnce = 20;

/** Deletes the keys of a queue if nothing waits in it or is being taken. */
const deleteIfEmpty = `
  if redis.call('ZCARD', KEYS[1]) + redis.call('LLEN', KEYS[2]) + redis.call('LLEN', KEYS[3]) > 0 then return 0 end
  redis.call('DEL', unpack(KEYS))
  return 1`;

/** A set of labels as the name of a member: labels have no comma. */
export const setName = (runsOn: readonly string[]): string => runsOn.join(',');
export const labelsOf = (set: string): string[] => (set === '' ? [] : set.split(','));

const queueName = (set: string) =>
  set === '' ? anyWorker : `${anyWorker}-${createHash('sha256').update(set).digest('hex').slice(0, 24)}`;

/**
 * The BullMQ queues, one for each set of labels that runs ask for, so that each keeps its order and no worker is given what it cannot run.
 * All of them share one connection.
 */
export class LabelQueues {
  private readonly kept = new Map<string, Queue>();

  constructor(
    readonly client: Redis,
    private readonly logger: Logger,
  ) {
    // each queue listens for the errors of the connection
    client.setMaxListeners(0);
    this.of('');
  }

  /** Returns the queue of a set. */
  of(set: string): Queue {
    const queue = this.kept.get(set) ?? this.open(set);
    // the least recently used ones come first
    this.kept.delete(set);
    this.kept.set(set, queue);
    const oldest = [...this.kept.keys()].find((name) => name !== '');
    if (this.kept.size > maxKept && oldest !== undefined) this.drop(oldest);
    return queue;
  }

  /** Opens what takes jobs from the queue of a set. */
  taker(set: string): Worker {
    const options = {
      ...this.options(set),
      autorun: false,
      // a job is held only while it is being taken; the lease in Postgres decides which worker runs an execution
      lockDuration: 30_000,
      stalledInterval: 10_000,
      maxStalledCount: 1_000_000,
    };
    const worker = new Worker(queueName(set), null, options, (name, given) =>
      createRedisBackend(name, given),
    );
    worker.on('error', (error) => this.logger.warn({ err: error }, 'the queue worker reported an error'));
    // a process that dies while it takes a job leaves it to be found by this
    void worker.startStalledCheckTimer();
    return worker;
  }

  /** Closes the objects of a queue whose connection may have broken while they were made. */
  drop(set: string): void {
    if (set === '') return;
    const queue = this.kept.get(set);
    this.kept.delete(set);
    queue?.close().catch(() => undefined);
  }

  /** Marks a set as used now. @returns whether it was not in use before */
  async use(set: string): Promise<boolean> {
    return set !== '' && (await this.client.zadd(setsKey, Date.now(), set)) === 1;
  }

  /** Lists the sets in use, that of any worker first. */
  async inUse(): Promise<string[]> {
    return ['', ...(await this.client.zrange(setsKey, 0, -1))];
  }

  /** Forgets sets that have not been used for ten minutes, with the keys of their queues. */
  async purge(): Promise<void> {
    const old = await this.client.zrangebyscore(setsKey, 0, Date.now() - unusedMs, 'LIMIT', 0, purgedAtOnce);
    for (const set of old) {
      const { prioritized, wait, active, ...others } = this.of(set).keys;
      const keys = [prioritized!, wait!, active!, ...Object.values(others)];
      const isEmpty = await this.client.eval(deleteIfEmpty, keys.length, ...keys);
      if (isEmpty === 1) await this.client.zrem(setsKey, set);
      else await this.use(set);
      this.drop(set);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.kept.values()].map((queue) => queue.close()));
    this.client.disconnect();
  }

  private open(set: string): Queue {
    const queue = new Queue(queueName(set), this.options(set));
    queue.on('error', (error) => this.logger.warn({ err: error }, 'the queue reported an error'));
    return queue;
  }

  private options(set: string) {
    return {
      connection: this.client,
      prefix,
      // nothing reads the events
      streams: { events: { maxLen: 100 } },
      // else a queue that was purged would come back with the first object that is made of it
      ...(set === '' ? {} : { skipMetasUpdate: true, skipVersionCheck: true }),
    };
  }
}
