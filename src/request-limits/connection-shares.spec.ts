import { expect, test } from 'vitest';
import { ConnectionShares, proxies } from './connection-shares.js';

function counted(inAll = 100, perNetwork = 3) {
  const shares = new ConnectionShares({ inAll, perNetwork });
  const closed: string[] = [];
  const enter = (name: string, network = name.slice(0, 1)) => shares.enter(network, () => closed.push(name));
  return { shares, closed, enter };
}

test('a network above its share loses its longest idle connection', () => {
  const { shares, closed, enter } = counted();
  const [first, second] = [enter('a1'), enter('a2'), enter('a3')];
  enter('b1');
  first.begin();
  enter('a4');
  expect(closed).toEqual(['a2']);
  second.close();
  first.finish();
  enter('a5');
  enter('a6');
  expect([closed, shares.count('a'), shares.count('b')]).toEqual([['a2', 'a3', 'a4'], 3, 1]);
});

test('a new connection is refused while all others are active', () => {
  const { closed, enter } = counted();
  const busy = [enter('a1'), enter('a2'), enter('a3')];
  for (const one of busy) one.begin();
  // several requests that were sent without waiting
  busy[0]!.begin();
  busy[0]!.finish();
  enter('a4');
  busy[0]!.finish();
  enter('a5');
  busy[1]!.close();
  busy[1]!.finish();
  enter('a6');
  expect(closed).toEqual(['a4', 'a1']);
});

test('above the total limit, the longest idle connection is closed', () => {
  const { closed, enter } = counted(4, 3);
  enter('a1').begin();
  for (const name of ['b1', 'c1', 'd1', 'e1', 'a2']) enter(name);
  expect(closed).toEqual(['b1', 'c1']);
});

test('trusted proxies leave one share to other networks', () => {
  const { shares, closed, enter } = counted(10, 3);
  for (let n = 1; n <= 8; n += 1) enter(`p${n}`, proxies);
  for (const name of ['a1', 'a2', 'a3']) enter(name);
  expect([closed, shares.count(proxies)]).toEqual([['p1'], 7]);
});

test('a connection is moved to the share of another network once that is known', () => {
  const { shares, closed, enter } = counted();
  const commands = [enter('c1', 'commands'), enter('c2', 'commands')];
  commands[0]!.begin();
  const unknown = ['h1', 'h2', 'h3'].map((name) => enter(name, 'host'));
  for (const one of unknown.slice(0, 2)) one.moveTo('commands');
  expect([closed, shares.count('commands'), shares.count('host')]).toEqual([['c2'], 3, 1]);
  for (const one of [...commands, ...unknown]) one.close();
  unknown[0]!.moveTo('host');
  expect([shares.count('commands'), shares.count('host')]).toEqual([0, 0]);
});
