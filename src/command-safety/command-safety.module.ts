import { Module } from '@nestjs/common';
import { CommandSafety } from './command-safety.js';

/** Tells what is dangerous in a shell command. */
@Module({ providers: [CommandSafety], exports: [CommandSafety] })
export class CommandSafetyModule {}
