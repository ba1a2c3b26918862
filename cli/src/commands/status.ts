import type { Command } from 'commander';
import { Context } from '../context.js';

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show the server, who you are there, and what runs')
    .action(async (_options: object, command: Command) => {
      const context = Context.of(command);
      const { client, terminal, url, profileName } = context;
      const [health, user, queues] = await Promise.all([
        client.health.get(),
        client.users.getProfile(),
        client.queues.status(),
      ]);
      const waiting = Object.values(queues.queues).reduce((sum, { size }) => sum + size, 0);
      const running = Object.values(queues.queues).reduce((sum, { processing }) => sum + processing, 0);
      const { username, role } = user;
      const value = {
        profile: profileName,
        url,
        health,
        username,
        role,
        waiting,
        running,
        workers: queues.workers,
      };
      terminal.show(value, () =>
        terminal.facts([
          ['Profile', profileName],
          ['Server', `${url} (${health.status}, version ${health.version})`],
          ['You', `${username} (${role})`],
          ['Queue', `${running} running, ${waiting} waiting`],
          ['Workers', `${queues.workers.active} busy of ${queues.workers.total}`],
        ]),
      );
    });
}
