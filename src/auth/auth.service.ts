import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { roleWithin } from '../common/scopes.js';
import { Database } from '../infra/database.js';
import { TokenCheck, type KnownToken } from '../personal-tokens/token-check.js';
import { looksPersonal } from '../personal-tokens/token-format.js';
import { verifyPassword } from '../users/password.js';
import { User } from '../users/user.entity.js';
import { toUser, type ChangePassword } from '../users/users.schema.js';
import { UsersService } from '../users/users.service.js';
import type { Login, LoginResult, RefreshResult } from './auth.schema.js';
import { LoginThrottle } from './login-throttle.js';
import { TokensService } from './tokens.service.js';

@Injectable()
export class AuthService {
  constructor(
    @InjectRepository(User) private readonly repository: Repository<User>,
    private readonly users: UsersService,
    private readonly tokens: TokensService,
    private readonly personalTokens: TokenCheck,
    private readonly throttle: LoginThrottle,
    private readonly database: Database,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Signs a user in.
   * @param address where the request came from, for the slow-down of guessing
   * @throws AUTH_INVALID_CREDENTIALS, AUTH_ACCOUNT_DISABLED, RATE_LIMIT_EXCEEDED
   */
  async login({ username, password }: Login, address: string): Promise<LoginResult> {
    const name = username.toLowerCase();
    await this.throttle.check(name, address);
    const user = await this.repository.findOneBy({ username: name });
    if (!(await verifyPassword(user?.password_hash, password)) || !user) {
      await this.throttle.failed(name, address);
      throw new AppError('AUTH_INVALID_CREDENTIALS');
    }
    // guesses that came at once have all passed the first check
    await this.throttle.check(name, address);
    if (user.disabled) throw new AppError('AUTH_ACCOUNT_DISABLED');
    await this.throttle.succeeded(name);
    await this.database.transaction(async (tx) => {
      await tx.query('UPDATE users SET last_login = now() WHERE id = $1', [user.id]);
      this.activity.record(tx, { actor: user, entityType: 'user', entityId: user.id, action: 'login' });
    });
    return {
      ...this.accessFor(user),
      refresh_token: await this.tokens.refresh(user.id),
      refresh_expires_in: this.tokens.refreshSeconds,
      user: toUser(user),
    };
  }

  /**
   * Gives a new access token: for a refresh token, which rotates, or for a bearer token that is still valid and stays so.
   * @throws AUTH_TOKEN_MISSING, AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED
   */
  async refresh(refreshToken: string | undefined, bearer: string | undefined): Promise<RefreshResult> {
    if (refreshToken !== undefined) {
      const rotated = await this.tokens.rotate(refreshToken);
      return {
        ...this.accessFor(await this.activeAccount(rotated.userId)),
        refresh_token: rotated.refreshToken,
        refresh_expires_in: this.tokens.refreshSeconds,
      };
    }
    if (bearer === undefined) throw new AppError('AUTH_TOKEN_MISSING');
    const { sub, epoch } = this.tokens.verify(bearer);
    return this.accessFor(await this.activeAccount(sub, epoch));
  }

  /** @throws AUTH_INVALID_CREDENTIALS when the current password is wrong, RATE_LIMIT_EXCEEDED after ten wrong ones */
  async changePassword(actor: Actor, input: ChangePassword, address: string): Promise<void> {
    await this.throttle.check(actor.username, address);
    const user = await this.repository.findOneByOrFail({ id: actor.id });
    if (!(await verifyPassword(user.password_hash, input.current_password))) {
      await this.throttle.failed(actor.username, address);
      throw new AppError('AUTH_INVALID_CREDENTIALS', { field: 'current_password' });
    }
    await this.throttle.check(actor.username, address);
    await this.users.changePassword(actor, input.new_password);
  }

  /**
   * Who a token speaks for: an access token (JWT) or a personal access token.
   * @throws AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED
   */
  async authenticate(token: string): Promise<Actor> {
    if (looksPersonal(token)) return this.actorOf(await this.personalTokens.verify(token));
    const { sub, epoch } = this.tokens.verify(token);
    const { id, username, role, tier } = await this.activeAccount(sub, epoch);
    return { id, username, role, tier };
  }

  /**
   * Who somebody is now that was let in before.
   * @param epoch of the user's access tokens at that time
   * @throws AUTH_TOKEN_INVALID when the token was revoked since, AUTH_ACCOUNT_DISABLED
   */
  async renew(actor: Actor, epoch: number): Promise<Actor> {
    if (actor.token)
      return { ...actor, ...(await this.actorOf(await this.personalTokens.verifyAgain(actor.token.id))) };
    const { username, role, tier } = await this.activeAccount(actor.id, epoch);
    return { ...actor, username, role, tier };
  }

  private async actorOf({ id, user_id, scopes, expires_at: expiresAt }: KnownToken): Promise<Actor> {
    const { username, role, tier } = await this.activeAccount(user_id);
    const token = { id, scopes, expiresAt };
    return { id: user_id, username, role: roleWithin(role, scopes), tier, token };
  }

  /** @param epoch of the token; undefined where no token was shown */
  async activeAccount(id: string, epoch?: number) {
    const account = await this.users.account(id);
    if (!account) throw new AppError('AUTH_TOKEN_INVALID');
    if (account.disabled) throw new AppError('AUTH_ACCOUNT_DISABLED');
    if (epoch !== undefined && account.token_epoch !== epoch) throw new AppError('AUTH_TOKEN_INVALID');
    return account;
  }

  private accessFor(user: { id: string; token_epoch: number }) {
    return {
      access_token: this.tokens.access(user),
      token_type: 'bearer' as const,
      expires_in: this.tokens.accessSeconds,
    };
  }
}
