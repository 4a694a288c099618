"""The policies of the public's ways in, as far as an account has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.intake.care import CarePolicy, care_policy
from services.intake.consultations.policy import ConsultationPolicy, consultation_policy
from services.intake.dossiers.policy import SECTION as DOCUMENTS
from services.intake.dossiers.policy import DocumentsPolicy, documents_policy
from services.intake.voices.policy import VoiceKind, VoicePolicy, voice_policies
from shared.decider import Invalid
from shared.policy import Tenant


@dataclass(frozen=True)
class PublicPolicy:
    """What one account offers the public; asking for what it does not offer is refused."""

    tenant: str
    care: CarePolicy
    own_consultations: ConsultationPolicy | None = None
    own_documents: DocumentsPolicy | None = None
    own_voices: Mapping[VoiceKind, VoicePolicy] = field(default_factory=dict)

    @property
    def consultations(self) -> ConsultationPolicy:
        """How consultations are answered.

        Raises:
            Invalid: this account answers none.
        """
        if self.own_consultations is None:
            raise Invalid("consultation.not_taken", tenant=self.tenant)
        return self.own_consultations

    @property
    def documents(self) -> DocumentsPolicy:
        """How the documents desk works.

        Raises:
            Invalid: this account has none.
        """
        if self.own_documents is None:
            raise Invalid("dossier.not_taken", tenant=self.tenant)
        return self.own_documents

    def voice_at(self, way: str) -> VoiceKind | None:
        """Which of the two that way in is for; None for another, or one that is not offered."""
        return next((kind for kind in self.own_voices if kind.section == way), None)

    def opens(self, way: str) -> bool:
        """Whether a case is opened in that way in from what is forwarded to it."""
        if way == DOCUMENTS:
            return self.own_documents is not None
        return self.voice_at(way) is not None

    def voice(self, kind: VoiceKind) -> VoicePolicy:
        """How suggestions, or claims, are attended.

        Raises:
            Invalid: this account takes none.
        """
        if kind not in self.own_voices:
            raise Invalid(f"{kind}.not_taken", tenant=self.tenant)
        return self.own_voices[kind]


def public_policy(tenant: Tenant) -> PublicPolicy:
    """What the tenant's folder has of it, names looked up so that a misspelt one shows at start."""
    return PublicPolicy(
        tenant.key,
        care_policy(tenant),
        consultation_policy(tenant),
        documents_policy(tenant),
        voice_policies(tenant),
    )
