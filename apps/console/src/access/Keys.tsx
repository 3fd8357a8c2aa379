import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { useList } from '../api/use-list.ts';
import type { Column } from '../design/DataTable.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { List } from '../design/List.tsx';
import { Problem } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { NewKeyDialog } from './NewKeyDialog.tsx';

type ListedKey = components['schemas']['ListedApiKey'];

const KEYS = ['api-keys'] as const;

/** Keys of devices and programs: made, shown once, revoked. */
export function Keys() {
  const { t } = usePreferences();
  const [isMaking, setIsMaking] = useState(false);
  const columns = useColumns();
  const list = useList(KEYS, (cursor, signal) =>
    body(
      api.GET('/api-keys', {
        params: { query: { limit: 100, ...(cursor && { cursor }) } },
        signal,
      }),
    ),
  );
  const make = (
    <button type="button" className="button button-primary" onClick={() => setIsMaking(true)}>
      {t('keys.make')}
    </button>
  );
  return (
    <section className="stack">
      {list.items && list.items.length > 0 && <div className="actions">{make}</div>}
      <List
        caption={t('access.keys')}
        columns={columns}
        list={list}
        keyOf={({ keyId }) => keyId}
        empty={
          <EmptyState title={t('keys.empty.title')} text={t('keys.empty.text')}>
            {make}
          </EmptyState>
        }
      />
      {isMaking && <NewKeyDialog onClose={() => setIsMaking(false)} />}
    </section>
  );
}

function useColumns(): readonly Column<ListedKey>[] {
  const { t, formats } = usePreferences();
  const instant = (text: string | null) =>
    text === null ? '–' : formats.instant(Date.parse(text));
  return [
    { id: 'name', title: t('keys.name'), isHeading: true, show: ({ name }) => name },
    {
      id: 'scopes',
      title: t('keys.scopes'),
      show: ({ scopes }) => scopes.map((scope) => t(`scope.${scope}`)).join(', '),
    },
    {
      id: 'equipment',
      title: t('overview.column.equipment'),
      show: ({ equipmentIds }) => equipmentIds?.join(', ') ?? t('app.all'),
    },
    { id: 'by', title: t('keys.createdBy'), show: ({ createdBy }) => createdBy },
    {
      id: 'used',
      title: t('keys.lastUsed'),
      kind: 'fit',
      show: ({ lastUsedAt }) => instant(lastUsedAt),
    },
    {
      id: 'expires',
      title: t('keys.expires'),
      kind: 'fit',
      show: ({ expiresAt }) => instant(expiresAt),
    },
    {
      id: 'revoke',
      title: t('keys.revoke'),
      kind: 'fit',
      show: ({ keyId, name }) => <RevokeButton keyId={keyId} name={name} />,
    },
  ];
}

/** Asks twice, because a revoked key never comes back. */
function RevokeButton({ keyId, name }: Pick<ListedKey, 'keyId' | 'name'>) {
  const { t } = usePreferences();
  const client = useQueryClient();
  const [isSure, setIsSure] = useState(false);
  const revoke = useMutation({
    mutationFn: () => body(api.DELETE('/api-keys/{keyId}', { params: { path: { keyId } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS }),
  });
  return (
    <>
      <button
        type="button"
        className="button button-danger"
        disabled={revoke.isPending}
        onClick={() => (isSure ? revoke.mutate() : setIsSure(true))}
      >
        {isSure ? t('keys.revoke.sure') : t('keys.revoke')}
        <span className="visually-hidden"> {name}</span>
      </button>
      {revoke.error && <Problem error={revoke.error} />}
    </>
  );
}
