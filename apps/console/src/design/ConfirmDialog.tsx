import { useMutation } from '@tanstack/react-query';
import { usePreferences } from '../shell/preferences.tsx';
import { Dialog } from './Dialog.tsx';
import { Problem } from './Notice.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** What will happen, and whether it can be undone. */
  readonly text: string;
  readonly action: string;
  /** What the way out says; "Cancel" unless set. */
  readonly keep?: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone; the way out has the focus. */
export function ConfirmDialog({
  title,
  text,
  action,
  keep,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  const { t } = usePreferences();
  const confirm = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="form">
        <p>{text}</p>
        {confirm.error && <Problem error={confirm.error} />}
        <div className="actions dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            {keep ?? t('app.cancel')}
          </button>
          <button
            type="button"
            className="button button-danger"
            disabled={confirm.isPending}
            onClick={() => confirm.mutate()}
          >
            {action}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
