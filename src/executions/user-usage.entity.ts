import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a user takes of the installation beyond projects; apart from `users`, whose rows logins and changes lock. */
@Entity('user_usage')
export class UserUsage {
  @PrimaryColumn('uuid')
  user_id!: string;

  /** Bytes of output that the user's ended commands without a project left; `MAX_USER_STORAGE` bounds it. */
  @Column('bigint', { default: 0 })
  stored_bytes!: string;
}
