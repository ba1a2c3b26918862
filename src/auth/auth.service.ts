import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ActivityLog } from '../activity/activity-log.js';
import type { Logger } from '../common/logger.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { verifyPassword } from '../users/password.js';
import { User } from '../users/user.entity.js';
import { toUser, type ChangePassword } from '../users/users.schema.js';
import { UsersService } from '../users/users.service.js';
import { AccessTokens } from './access-tokens.js';
import { Actors } from './actors.js';
import { rotate, type OpenSession } from './auth-sessions.queries.js';
import { AuthSessionsService } from './auth-sessions.service.js';
import type { Login, LoginResult, RefreshResult } from './auth.schema.js';
import { LoginThrottle } from './login-throttle.js';
import type { RequestOrigin } from './request-networks.js';

/** The origin of a sign-in. */
export interface Origin extends RequestOrigin {
  userAgent: string | undefined;
}

const maxUserAgentLength = 256;

@Injectable()
export class AuthService {
  private readonly logger: Logger;
  private readonly refreshSeconds: number;

  constructor(
    @InjectRepository(User) private readonly repository: Repository<User>,
    private readonly users: UsersService,
    private readonly accessTokens: AccessTokens,
    private readonly sessions: AuthSessionsService,
    private readonly actors: Actors,
    private readonly throttle: LoginThrottle,
    private readonly database: Database,
    private readonly activity: ActivityLog,
    infrastructure: Infrastructure,
  ) {
    this.logger = infrastructure.logger;
    this.refreshSeconds = infrastructure.config.REFRESH_TOKEN_SECONDS;
  }

  /**
   * Signs a user in.
   * @param origin the origin of the request, which is stored with the session and used against password guessing
   * @throws AUTH_INVALID_CREDENTIALS, AUTH_ACCOUNT_DISABLED, RATE_LIMIT_EXCEEDED
   */
  async login({ username, password }: Login, { address, network, userAgent }: Origin): Promise<LoginResult> {
    const name = username.normalize('NFKC').toLowerCase();
    const user = await this.repository.findOneBy({ username: name });
    const isRight = await this.throttle.check(name, network, () =>
      verifyPassword(user?.password_hash ?? undefined, password, network),
    );
    if (!isRight || !user) {
      if (user) this.recordRefusal(user.id, network, 'wrong password');
      throw new AppError('AUTH_INVALID_CREDENTIALS');
    }
    if (user.disabled) {
      this.recordRefusal(user.id, network, 'disabled account');
      throw new AppError('AUTH_ACCOUNT_DISABLED');
    }
    const user_agent = userAgent?.slice(0, maxUserAgentLength) ?? null;
    const from = { address: network === 'unknown' ? null : address, network, user_agent };
    const opened = await this.sessions.open(user, from, this.refreshSeconds);
    // the password was changed or the user disabled after the check
    if (!opened) throw new AppError('AUTH_INVALID_CREDENTIALS');
    return {
      ...this.accessFor(opened),
      refresh_token: opened.refreshToken,
      refresh_expires_in: this.refreshSeconds,
      user: toUser(user),
    };
  }

  /**
   * Issues a new access token, either for a refresh token, which is rotated, or for a valid access token, which stays valid. An access
   * token can be renewed until the sign-in has reached the lifetime of a refresh token; after that a refresh token or the password is
   * needed.
   * @throws AUTH_TOKEN_MISSING, AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED
   */
  async refresh(refreshToken: string | undefined, bearer: string | undefined): Promise<RefreshResult> {
    if (refreshToken !== undefined) {
      const rotated = await rotate(this.database, refreshToken, this.refreshSeconds);
      if (!rotated) return this.refuseRefresh(refreshToken);
      return {
        ...this.accessFor(rotated),
        refresh_token: rotated.refreshToken,
        refresh_expires_in: this.refreshSeconds,
      };
    }
    if (bearer === undefined) throw new AppError('AUTH_TOKEN_MISSING');
    const { sub, sid, epoch, auth_time } = this.accessTokens.verify(bearer);
    await this.actors.ofOpenSession({ sub, sid, epoch });
    const end = auth_time + this.refreshSeconds;
    if (end <= Date.now() / 1000)
      throw new AppError('AUTH_TOKEN_INVALID', { reason: 'the sign-in is too old to be renewed' });
    return this.accessTokens.make({ sub, sid, epoch, auth_time }, end);
  }

  /**
   * Ends the sessions of the given tokens.
   * @throws AUTH_TOKEN_MISSING, AUTH_TOKEN_INVALID when none of them is valid
   */
  async logout(refreshToken: string | undefined, bearer: string | undefined): Promise<void> {
    if (refreshToken === undefined && bearer === undefined) throw new AppError('AUTH_TOKEN_MISSING');
    const isKnown = refreshToken !== undefined && (await this.sessions.logOutByRefreshToken(refreshToken));
    if (bearer === undefined) {
      if (!isKnown) throw new AppError('AUTH_TOKEN_INVALID');
      return;
    }
    try {
      const { sub, sid } = this.accessTokens.verify(bearer);
      await this.sessions.logOut(sub, sid);
    } catch (error) {
      // next to a valid refresh token the access token may be expired
      if (!isKnown) throw error;
    }
  }

  /** Changes a password. @throws AUTH_INVALID_CREDENTIALS when the current password is wrong, RATE_LIMIT_EXCEEDED after ten wrong ones */
  async changePassword(actor: Actor, input: ChangePassword, { network }: RequestOrigin): Promise<void> {
    const user = await this.repository.findOneByOrFail({ id: actor.id });
    const isRight = await this.throttle.check(user.username, network, () =>
      verifyPassword(user.password_hash ?? undefined, input.current_password, network),
    );
    if (!isRight) throw new AppError('AUTH_INVALID_CREDENTIALS', { field: 'current_password' });
    await this.users.changePassword(actor, user.token_epoch, input.new_password);
  }

  /**
   * Records a sign-in that was refused, for the audit log. It is not awaited, since the time of an answer must not tell which usernames exist;
   * the throttle bounds how many there can be.
   */
  private recordRefusal(userId: string, network: string, reason: string): void {
    this.database
      .transaction((tx) =>
        this.activity.record(tx, {
          actor: null,
          entityType: 'user',
          entityId: userId,
          action: 'login_refused',
          newValue: { network, reason },
        }),
      )
      .catch((error: unknown) => this.logger.warn({ err: error }, 'a refused sign-in could not be recorded'));
  }

  private async refuseRefresh(refreshToken: string): Promise<never> {
    const isReused = await this.sessions.endReused(refreshToken);
    throw new AppError(
      'AUTH_TOKEN_INVALID',
      isReused ? { reason: 'used before: its session has ended' } : {},
    );
  }

  private accessFor({ id, user_id, epoch, created_at, expires_at }: OpenSession) {
    const auth_time = Math.floor(created_at.getTime() / 1000);
    return this.accessTokens.make({ sub: user_id, sid: id, epoch, auth_time }, expires_at.getTime() / 1000);
  }
}
