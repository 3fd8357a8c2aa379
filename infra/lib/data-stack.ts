import { Stack, type StackProps } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { TABLES } from '../../libs/platform/src/resources/tables.ts';
import type { Deployment } from './deployment.ts';
import { createTable } from './table.ts';

/** The tables that every Region has a replica of. */
export class DataStack extends Stack {
  /** By the variable that names them. */
  readonly tables: ReadonlyMap<string, TableV2>;

  constructor(scope: Construct, id: string, deployment: Deployment, props: StackProps) {
    super(scope, id, props);
    const everywhere = TABLES.filter((table) => table.scope === 'every-region');
    this.tables = new Map(
      everywhere.map((table) => [table.nameVariable, createTable(this, table, deployment)]),
    );
  }
}
