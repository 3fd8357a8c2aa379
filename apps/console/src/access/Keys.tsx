import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { useList } from '../api/use-list.ts';
import { ConfirmDialog } from '../design/ConfirmDialog.tsx';
import type { Column } from '../design/DataTable.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { InfoDialog } from '../design/InfoDialog.tsx';
import { List } from '../design/List.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { useNow } from '../time/use-now.ts';
import { exampleEquipment } from './device-programs.ts';
import { KeyPrograms } from './KeyPrograms.tsx';
import { NewKeyDialog } from './NewKeyDialog.tsx';
import './access.css';

type ListedKey = components['schemas']['ListedApiKey'];

const KEYS = ['api-keys'] as const;
/** How soon an expired key says so. */
const CLOCK_MS = 30_000;

/** Keys of devices and programs: made, shown once, revoked. */
export function Keys() {
  const { t } = usePreferences();
  const [isMaking, setIsMaking] = useState(false);
  const [shown, setShown] = useState<ListedKey>();
  const [revoked, setRevoked] = useState<ListedKey>();
  const columns = useColumns({ onShow: setShown, onRevoke: setRevoked });
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
      {shown && <ProgramsDialog listed={shown} onClose={() => setShown(undefined)} />}
      {revoked && <RevokeDialog revoked={revoked} onClose={() => setRevoked(undefined)} />}
    </section>
  );
}

interface ColumnActions {
  readonly onShow: (key: ListedKey) => void;
  readonly onRevoke: (key: ListedKey) => void;
}

function useColumns({ onShow, onRevoke }: ColumnActions): readonly Column<ListedKey>[] {
  const { t, formats } = usePreferences();
  const now = useNow(CLOCK_MS);
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
      show: ({ lastUsedAt }) =>
        lastUsedAt === null ? t('keys.neverUsed') : formats.instant(Date.parse(lastUsedAt)),
    },
    {
      id: 'expires',
      title: t('keys.expires'),
      kind: 'fit',
      show: ({ expiresAt }) => {
        if (expiresAt === null) return t('keys.neverExpires');
        const at = Date.parse(expiresAt);
        return at > now ? formats.instant(at) : t('keys.expired', { time: formats.instant(at) });
      },
    },
    {
      id: 'actions',
      title: t('people.actions'),
      kind: 'fit',
      show: (key) => (
        <div className="actions row-actions">
          <button type="button" className="button" onClick={() => onShow(key)}>
            {t('keys.programs')}
            <span className="visually-hidden"> {key.name}</span>
          </button>
          <button type="button" className="button button-danger" onClick={() => onRevoke(key)}>
            {t('keys.revoke')}
            <span className="visually-hidden"> {key.name}</span>
          </button>
        </div>
      ),
    },
  ];
}

/** What the key's holder runs; the key itself was shown when it was made. */
function ProgramsDialog({
  listed: { name, scopes, equipmentIds },
  onClose,
}: {
  readonly listed: ListedKey;
  readonly onClose: () => void;
}) {
  const { t } = usePreferences();
  const sender = { key: t('keys.placeholder'), equipmentId: exampleEquipment(equipmentIds) };
  return (
    <InfoDialog title={t('keys.programs.title', { name })} onClose={onClose}>
      <p>{t('keys.programs.text', { placeholder: sender.key })}</p>
      <KeyPrograms scopes={scopes} sender={sender} />
    </InfoDialog>
  );
}

function RevokeDialog({
  revoked: { keyId, name },
  onClose,
}: {
  readonly revoked: ListedKey;
  readonly onClose: () => void;
}) {
  const { t } = usePreferences();
  const client = useQueryClient();
  return (
    <ConfirmDialog
      title={t('keys.revoke.title', { name })}
      text={t('keys.revoke.text')}
      action={t('keys.revoke.sure')}
      onClose={onClose}
      onConfirm={async () => {
        await body(api.DELETE('/api-keys/{keyId}', { params: { path: { keyId } } }));
        await client.invalidateQueries({ queryKey: KEYS });
      }}
    />
  );
}
