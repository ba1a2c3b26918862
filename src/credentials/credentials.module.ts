import { Module } from '@nestjs/common';
import { CredentialCheck } from './credential-check.js';
import { Credentials } from './credentials.service.js';

@Module({ providers: [CredentialCheck, Credentials], exports: [CredentialCheck, Credentials] })
export class CredentialsModule {}
