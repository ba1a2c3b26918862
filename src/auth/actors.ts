import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { hasEnded, type Actor, type Permission } from '../common/permissions.js';
import { requirePermission } from '../common/require-permission.js';
import { roleWithin } from '../common/scopes.js';
import { CredentialCheck, type KnownCredential } from '../credentials/credential-check.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { UsersService } from '../users/users.service.js';
import type { AccessClaims } from './access-tokens.js';
import { AuthSessionsService } from './auth-sessions.service.js';

/** Resolves verified tokens to actors, with the current state of their account. */
@Injectable()
export class Actors {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: AuthSessionsService,
    private readonly credentials: CredentialCheck,
    heavy: HeavyWork,
  ) {
    heavy.confirmWith((actor) => this.renew(actor));
  }

  /** Resolves an access token. @throws AUTH_TOKEN_INVALID when the sign-in has ended, AUTH_ACCOUNT_DISABLED */
  async ofAccessToken({ exp, ...claims }: AccessClaims): Promise<Actor> {
    const { id, username, role, tier } = await this.ofOpenSession(claims);
    const signIn = { sessionId: claims.sid, epoch: claims.epoch, expiresAt: new Date(exp * 1000) };
    return { id, username, role, tier, signIn };
  }

  /** Resolves a personal access token or a key. @throws AUTH_TOKEN_INVALID when it is unknown or expired, AUTH_ACCOUNT_DISABLED */
  async ofCredential(token: string, network: string): Promise<Actor> {
    return this.ofKnownCredential(await this.credentials.verify(token, network));
  }

  /**
   * Checks again the token and account of an actor who was authenticated earlier.
   * @throws AUTH_TOKEN_EXPIRED, AUTH_TOKEN_INVALID when the token was revoked meanwhile, AUTH_ACCOUNT_DISABLED
   */
  async renew(actor: Actor): Promise<Actor> {
    if (hasEnded(actor)) throw new AppError('AUTH_TOKEN_EXPIRED');
    return this.recheck(actor);
  }

  /**
   * Resolves who has made a schedule or a trigger, in whose name it acts.
   * @param userId the user, or the user of the key, that has made it
   * @param projectId the project that the schedule or trigger belongs to
   * @throws AUTH_TOKEN_INVALID when there is no such account, AUTH_ACCOUNT_DISABLED, also when who has made the key is disabled
   */
  async ofMaker(userId: string, projectId: string): Promise<Actor> {
    const { id, username, role, tier: own, account_id } = await this.activeAccount(userId);
    const account = account_id === null ? undefined : await this.activeAccount(account_id);
    const counted = account && { accountId: account.id };
    return { id, username, role, tier: account?.tier ?? own, projectId, isMaker: true, ...counted };
  }

  /** Looks up the accounts of many makers in one query, for who is about to ask `ofMaker` for each. */
  async prefetchMakers(userIds: readonly string[]): Promise<void> {
    await this.users.prefetchAccounts(userIds);
  }

  /** Looks up many at once, in at most three queries, for who is about to `renew` each. */
  async prefetch(actors: readonly Actor[]): Promise<void> {
    await Promise.all([
      this.users.prefetchAccounts(actors.map(({ id }) => id)),
      this.sessions.prefetch(actors.flatMap(({ signIn }) => signIn?.sessionId ?? [])),
      this.credentials.prefetch(actors.flatMap(({ token }) => token?.id ?? [])),
    ]);
  }

  /**
   * Checks an actor again before a slow response, like `renew` but without the expiry of the access token: the request came in time, and a
   * client that got AUTH_TOKEN_EXPIRED would refresh its token and repeat a request that has been carried out.
   * @throws AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED
   */
  async recheck(actor: Actor): Promise<Actor> {
    const { token, signIn, isMaker, projectId } = actor;
    if (isMaker && projectId !== undefined) return { ...actor, ...(await this.ofMaker(actor.id, projectId)) };
    if (token) {
      const known = await this.credentials.verifyAgain(token.id, actor.id);
      return { ...actor, ...(await this.ofKnownCredential(known)) };
    }
    if (!signIn) throw new AppError('AUTH_TOKEN_INVALID');
    const { username, role, tier } = await this.ofOpenSession({
      sub: actor.id,
      sid: signIn.sessionId,
      epoch: signIn.epoch,
    });
    return { ...actor, username, role, tier };
  }

  /**
   * Checks an actor again whose work had to wait.
   * @param required the permission that the actor must still have
   * @throws the errors of `renew`, AUTH_INSUFFICIENT_PERMISSIONS
   */
  async confirm(actor: Actor, required: Permission): Promise<Actor> {
    const renewed = await this.renew(actor);
    requirePermission(renewed, required);
    return renewed;
  }

  /**
   * Returns the account of a session that is open and was opened with the account's current password.
   * @throws AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED
   */
  async ofOpenSession({ sub, sid, epoch }: Pick<AccessClaims, 'sub' | 'sid' | 'epoch'>) {
    const account = await this.activeAccount(sub);
    if (account.token_epoch !== epoch) throw new AppError('AUTH_TOKEN_INVALID');
    await this.sessions.require(sid, sub);
    return account;
  }

  private async ofKnownCredential({
    id,
    user_id,
    project_id,
    scopes,
    expires_at: expiresAt,
  }: KnownCredential): Promise<Actor> {
    const { username, role, tier: own, account_id } = await this.activeAccount(user_id);
    // what a key takes counts for who has made it, and a key of who is disabled opens nothing
    const maker = account_id === null ? undefined : await this.activeAccount(account_id);
    const token = { id, scopes, expiresAt };
    const tier = maker?.tier ?? own;
    const bound = project_id === null ? {} : { projectId: project_id };
    const counted = maker && { accountId: maker.id };
    return { id: user_id, username, role: roleWithin(role, scopes), tier, token, ...bound, ...counted };
  }

  private async activeAccount(id: string) {
    const account = await this.users.account(id);
    if (!account) throw new AppError('AUTH_TOKEN_INVALID');
    if (account.disabled) throw new AppError('AUTH_ACCOUNT_DISABLED');
    return account;
  }
}
