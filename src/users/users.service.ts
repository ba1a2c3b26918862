import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { newId } from '../common/ids.js';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { PageWindow, type Page } from '../http/pagination.js';
import type { Actor, Permission } from '../common/permissions.js';
import { checkVersion } from '../http/request.js';
import { Bus } from '../infra/bus.js';
import { containing, countRows, Database, uniqueViolation, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { IdentityLookups } from '../infra/identity-lookups.js';
import { RowCache } from '../infra/row-cache.js';
import { confirmActor, endClaims } from './actor.queries.js';
import { weaknessOf } from './password-rules.js';
import { hashPassword } from './password.js';
import { User } from './user.entity.js';
import {
  toUser,
  type CreateUser,
  type UpdateUser,
  type UserListQuery,
  type UserView,
} from './users.schema.js';

type Account = Pick<User, 'id' | 'username' | 'role' | 'tier' | 'account_id' | 'disabled' | 'token_epoch'>;

const selectAccount = 'SELECT id, username, role, tier, account_id, disabled, token_epoch FROM users';

const userChangeLock = 7_102_010;

@Injectable()
export class UsersService implements OnModuleInit {
  private readonly accounts: RowCache<Account>;

  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly database: Database,
    private readonly lookups: IdentityLookups,
    private readonly activity: ActivityLog,
    private readonly events: Events,
    bus: Bus,
  ) {
    this.accounts = new RowCache(bus);
  }

  onModuleInit(): void {
    this.events.on('user.changed', ({ user_id }) => this.forget(user_id));
  }

  /** Loads the fields of a user that authentication needs, from a cache. @returns undefined when there is no such user */
  async account(id: string): Promise<Account | undefined> {
    return this.accounts.get(id, async () => {
      const [account] = await this.lookups.take(id, () =>
        this.database.query<Account>(`${selectAccount} WHERE id = $1`, [id]),
      );
      return account;
    });
  }

  /** Looks up many at once, for who is about to ask for the `account` of each. */
  async prefetchAccounts(ids: Iterable<string>): Promise<void> {
    await this.accounts.prefetch(ids, async (unknown) => {
      const rows = await this.database.query<Account>(`${selectAccount} WHERE id = ANY($1)`, [unknown]);
      return new Map(rows.map((row) => [row.id, row]));
    });
  }

  async list(query: UserListQuery, url: string): Promise<Page<UserView>> {
    const window = new PageWindow(query, url, [
      ['u.created_at', 'instant'],
      ['u.id', 'id'],
    ]);
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    let from =
      query.kind === undefined
        ? `FROM users u WHERE u.kind <> 'key'`
        : `FROM users u WHERE u.kind = ${bind(query.kind)}`;
    if (query.search !== undefined) {
      const term = bind(containing(query.search));
      from += ` AND (u.username ILIKE ${term} OR u.email ILIKE ${term} OR u.full_name ILIKE ${term})`;
    }
    const total = window.total ?? (await countRows(this.database, from, [...values]));
    const users = await this.database.query<User>(
      `SELECT u.* ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(users, total, toUser);
  }

  /** @throws RESOURCE_NOT_FOUND */
  async get(id: string): Promise<UserView> {
    const user = await this.users.findOneBy({ id });
    if (!user) throw new AppError('RESOURCE_NOT_FOUND', { user_id: id });
    return toUser(user);
  }

  /**
   * Creates a user.
   * @param actor the administrator, or null for the first start, which checks the password itself
   * @throws AUTH_TOKEN_INVALID and AUTH_INSUFFICIENT_PERMISSIONS when the actor's sign-in or role has ended meanwhile;
   * RESOURCE_ALREADY_EXISTS when the name or the e-mail address is taken, VALIDATION_ERROR for a weak password
   */
  async create(actor: Actor | null, input: CreateUser): Promise<UserView> {
    if (actor) await refuseWeak('password', input.password, input);
    const id = newId();
    const password_hash = await hashPassword(input.password, actor?.id ?? 'the first start');
    const { username, email, full_name, avatar_url, role, tier } = input;
    await this.refuseDuplicates(() =>
      this.database.transaction(async (tx) => {
        if (actor) await confirmActor(tx, actor, 'admin');
        await tx.query(
          `INSERT INTO users (id, username, email, full_name, avatar_url, role, tier, password_hash)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [id, username, email, full_name, avatar_url, role, tier, password_hash],
        );
        const newValue = { username, email, full_name, role, tier };
        this.activity.record(tx, {
          actor,
          entityType: 'user',
          entityId: id,
          action: 'created',
          newValue,
        });
      }),
    );
    return this.get(id);
  }

  /**
   * Changes a user. A new password, or disabling the user, revokes all of the user's sign-ins; a new role applies from the next request.
   * Disabling also cancels the user's executions, and a lower role those that it does not allow and that have not started.
   * @param required the permission that the actor must still have at the time of the write; a change of one's own profile needs only `read`
   * @throws AUTH_TOKEN_INVALID when the actor's own sign-in has ended meanwhile, AUTH_INSUFFICIENT_PERMISSIONS, RESOURCE_NOT_FOUND,
   * RESOURCE_ALREADY_EXISTS, VERSION_CONFLICT, VALIDATION_ERROR for a weak password and for one of an agent, RESOURCE_IN_USE for the last administrator
   */
  async update(
    actor: Actor,
    id: string,
    input: UpdateUser,
    ifMatch?: number,
    required: Permission = 'admin',
  ): Promise<UserView> {
    const { password, version, ...changes } = input;
    if (password !== undefined || changes.email !== undefined) {
      const user = { ...(await this.get(id)), ...changes };
      if (user.kind !== 'person') throw noSignIn(password === undefined ? 'email' : 'password');
      if (password !== undefined) await refuseWeak('password', password, user);
    }
    const password_hash = password === undefined ? undefined : await hashPassword(password, actor.id);
    await this.refuseDuplicates(() =>
      this.database.transaction(async (tx) => {
        // changes of users are serialized, so that the last two administrators cannot be demoted at the same time
        await tx.query('SELECT pg_advisory_xact_lock($1)', [userChangeLock]);
        const [user] = await tx.query<User>('SELECT * FROM users WHERE id = $1 FOR UPDATE', [id]);
        if (!user) throw new AppError('RESOURCE_NOT_FOUND', { user_id: id });
        await confirmActor(tx, actor, required);
        checkVersion(user.version, version, ifMatch);
        const next = { ...user, ...changes };
        if (user.role === 'admin' && !user.disabled && (next.role !== 'admin' || next.disabled)) {
          await this.refuseLastAdministrator(tx, id);
        }
        if (user.kind === 'agent' && next.disabled !== user.disabled)
          throw new AppError('VALIDATION_ERROR', {
            field: 'disabled',
            issue: 'Disable and enable an agent by /api/agents, which does the same with its project',
          });
        if (next.disabled && !user.disabled) await endClaims(tx, id);
        const endsSignIns = password_hash !== undefined || (next.disabled && !user.disabled);
        await tx.query(
          `UPDATE users SET email = $2, full_name = $3, avatar_url = $4, role = $5, tier = $6, disabled = $7,
                  password_hash = coalesce($8, password_hash), token_epoch = token_epoch + $9, max_running = $10,
                  updated_at = now(), version = version + 1 WHERE id = $1`,
          [
            id,
            next.email,
            next.full_name,
            next.avatar_url,
            next.role,
            next.tier,
            next.disabled,
            password_hash ?? null,
            endsSignIns ? 1 : 0,
            next.max_running,
          ],
        );
        const keys = Object.keys(changes) as (keyof typeof changes)[];
        this.activity.record(tx, {
          actor,
          entityType: 'user',
          entityId: id,
          action: 'updated',
          oldValue: Object.fromEntries(keys.map((key) => [key, user[key]])),
          newValue: { ...changes, ...(password === undefined ? {} : { password: 'changed' }) },
        });
        this.events.emitAfter(tx, 'user.changed', { user_id: id });
        if ((next.disabled && !user.disabled) || (next.role !== user.role && user.role !== 'viewer'))
          this.events.emitAfter(tx, 'user.restricted', { user_id: id, project_id: null });
      }),
    );
    this.forget(id);
    return this.get(id);
  }

  /**
   * Changes the actor's own password and revokes all of the actor's sign-ins.
   * @param epoch the `token_epoch` of the user when the current password was verified
   * @throws AUTH_INVALID_CREDENTIALS when the password has been changed since then, VALIDATION_ERROR for a weak one
   */
  async changePassword(actor: Actor, epoch: number, newPassword: string): Promise<void> {
    await refuseWeak('new_password', newPassword, await this.get(actor.id));
    const passwordHash = await hashPassword(newPassword, actor.id);
    await this.database.transaction(async (tx) => {
      const [user] = await tx.query<User>('SELECT token_epoch FROM users WHERE id = $1 FOR UPDATE', [
        actor.id,
      ]);
      await confirmActor(tx, actor);
      if (user?.token_epoch !== epoch)
        throw new AppError('AUTH_INVALID_CREDENTIALS', { field: 'current_password' });
      await tx.query(
        `UPDATE users SET password_hash = $2, token_epoch = token_epoch + 1, updated_at = now(), version = version + 1
          WHERE id = $1`,
        [actor.id, passwordHash],
      );
      this.activity.record(tx, {
        actor,
        entityType: 'user',
        entityId: actor.id,
        action: 'password_changed',
      });
      this.events.emitAfter(tx, 'user.changed', { user_id: actor.id });
    });
    this.forget(actor.id);
  }

  private forget(id: string): void {
    this.accounts.forget((account) => account.id === id);
  }

  private async refuseLastAdministrator(tx: Transaction, id: string): Promise<void> {
    const others = await tx.query(
      "SELECT 1 FROM users WHERE role = 'admin' AND NOT disabled AND id <> $1 LIMIT 1",
      [id],
    );
    if (others.length === 0) {
      throw new AppError(
        'RESOURCE_IN_USE',
        { user_id: id },
        { message: 'The last administrator must stay one' },
      );
    }
  }

  private async refuseDuplicates<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const constraint = uniqueViolation(error);
      if (constraint === undefined) throw error;
      throw new AppError('RESOURCE_ALREADY_EXISTS', {
        field: constraint === 'users_email_key' ? 'email' : 'username',
      });
    }
  }
}

function noSignIn(field: string): AppError {
  return new AppError('VALIDATION_ERROR', { field, issue: 'An agent does not sign in: it has keys' });
}

async function refuseWeak(
  field: string,
  password: string,
  { username, email }: { username: string; email: string | null },
): Promise<void> {
  const issue = await weaknessOf(password, { username, email: email ?? '' });
  if (issue !== undefined) throw new AppError('VALIDATION_ERROR', { field, issue: `The password ${issue}` });
}
