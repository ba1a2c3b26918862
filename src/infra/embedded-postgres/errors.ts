/** The reasons why the embedded Postgres cannot run. The message of each error names its remedy. */
export type EmbeddedPostgresFault =
  | 'UNSUPPORTED_PLATFORM'
  | 'BINARIES_UNREACHABLE'
  | 'NO_SYSTEM_USER'
  | 'NOT_PERMITTED'
  | 'PASSWORD_LOST'
  | 'OTHER_MAJOR_VERSION'
  | 'IN_USE_ELSEWHERE'
  | 'INIT_FAILED'
  | 'START_FAILED'
  | 'STOPPED';

/** A failure of the embedded Postgres. `message` is for the operator and never contains the password. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';

  constructor(
    readonly code: EmbeddedPostgresFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Thrown for a data folder of another major version of Postgres, which is left unchanged. */
export class OtherMajorVersionError extends EmbeddedPostgresError {
  constructor(
    readonly folder: string,
    readonly found: string,
    readonly needed: string,
  ) {
    super(
      'OTHER_MAJOR_VERSION',
      `The data in ${folder} was made by Postgres ${found}, but this Millrace brings Postgres ${needed}. ` +
        `Nothing was changed. Either go back to the Millrace that wrote it, dump the database there and load the dump here, ` +
        `or set DATABASE_URL to a Postgres ${found} server, or set DATA_DIR to another folder to begin with an empty database.`,
    );
  }
}

/** The `code` of a Node or Postgres error, if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
