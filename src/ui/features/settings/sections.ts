import Archive from '@lucide/svelte/icons/archive'
import Bell from '@lucide/svelte/icons/bell'
import CircleUser from '@lucide/svelte/icons/circle-user'
import HardDrive from '@lucide/svelte/icons/hard-drive'
import Info from '@lucide/svelte/icons/info'
import KeyRound from '@lucide/svelte/icons/key-round'
import Languages from '@lucide/svelte/icons/languages'
import Network from '@lucide/svelte/icons/network'
import Palette from '@lucide/svelte/icons/palette'
import Shield from '@lucide/svelte/icons/shield'
import type { Component } from 'svelte'
import { m } from '../../i18n/paraglide/messages.js'
import type { SettingsSection } from '../../lib/route.ts'

interface SectionLook {
  readonly title: () => string
  readonly icon: Component<{ size?: number | string }>
}

/** How each part of the settings is called and marked. */
export const SECTION_LOOKS: Readonly<Record<SettingsSection, SectionLook>> = {
  profile: { title: m.settings_profile, icon: CircleUser },
  privacy: { title: m.settings_privacy, icon: Shield },
  notifications: { title: m.settings_notifications, icon: Bell },
  appearance: { title: m.settings_appearance, icon: Palette },
  language: { title: m.settings_language, icon: Languages },
  storage: { title: m.settings_storage, icon: HardDrive },
  connection: { title: m.settings_connection, icon: Network },
  backup: { title: m.settings_backup, icon: Archive },
  recovery: { title: m.settings_recovery, icon: KeyRound },
  about: { title: m.settings_about, icon: Info },
}
