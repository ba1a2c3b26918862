/** The first entry of a backup of the embedded Postgres, which says what it is. */
export const manifestName = 'millrace-backup.json';

export interface Manifest {
  format: 1;
  millrace: string;
  created_at: string;
  /** The major version. */
  postgres: string;
}

/** The files with keys in DATA_DIR; those that are given as settings have none. */
export const keyFiles = ['postgres.password', 'jwt-secret', 'secrets-key', 'secrets-key-previous'];

/** The folder of Postgres, in DATA_DIR and in a backup. */
export const postgresFolder = 'postgres';
