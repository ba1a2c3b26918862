import type { Counters } from './counters.js';
import { data, makeProject } from './steps.js';
import type { TestCluster } from './test-cluster.js';

const length = 20_000;
const queue_name = 'low_priority';

/** A line of 20,000 executions in a paused queue: none of them may start, be lost or hold up others, whatever happens. */
export class PausedLine {
  private constructor(
    private readonly cluster: TestCluster,
    private readonly project: string,
  ) {}

  static async create(cluster: TestCluster): Promise<PausedLine> {
    const project = await makeProject(cluster);
    await data(200, cluster.admin.post('/api/queues/pause', { queue_name }));
    await cluster.query(
      `INSERT INTO executions (id, project_id, requested_by, queue, status, command, timeout)
       SELECT gen_random_uuid(), $1, $2, 2, 'queued', 'echo no', 60 FROM generate_series(1, $3)`,
      [project, cluster.admin.user.id, length],
    );
    return new PausedLine(cluster, project);
  }

  /** Checks that all of them still wait, also by the counts that the API keeps. */
  async check(counters: Counters): Promise<void> {
    const [row] = await this.cluster.query<{ untouched: number }>(
      `SELECT count(*)::int AS untouched FROM executions
        WHERE project_id = $1 AND status = 'queued' AND admitted_at IS NULL AND generation = 0`,
      [this.project],
    );
    const { queues } = await data(200, this.cluster.admin.get('/api/queues/status'));
    const seen = [row?.untouched, queues[queue_name].size];
    counters.check(
      'what waits in a paused queue waits on',
      seen.every((count) => count === length),
      () => `${seen.join(' and by the API ')} of ${length}`,
    );
  }
}
