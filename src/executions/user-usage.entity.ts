import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a user occupies outside of projects. It is not a column of `users`, whose rows are locked by logins and changes. */
@Entity('user_usage')
export class UserUsage {
  @PrimaryColumn('uuid')
  user_id!: string;

  /** Bytes of stored output of the user's ended commands without a project; `MAX_USER_STORAGE` bounds it. */
  @Column('bigint', { default: 0 })
  stored_bytes!: string;
}
