"""mldebt: a linter for machine-learning technical debt.

The names below are what rules may use. They are imported on first use, so that `import mldebt` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mldebt import facts as facts
    from mldebt.declarations.contracts import is_tried_first as is_tried_first
    from mldebt.declarations.contracts import is_watched as is_watched
    from mldebt.declarations.model import Declared as Declared
    from mldebt.declarations.model import Stage as Stage
    from mldebt.declarations.model import StageCommand as StageCommand
    from mldebt.finding import (
        Confidence as Confidence,
    )
    from mldebt.finding import (
        Edit as Edit,
    )
    from mldebt.finding import (
        Finding as Finding,
    )
    from mldebt.finding import (
        Fix as Fix,
    )
    from mldebt.finding import (
        Profile as Profile,
    )
    from mldebt.finding import (
        Related as Related,
    )
    from mldebt.finding import (
        Safety as Safety,
    )
    from mldebt.finding import (
        Severity as Severity,
    )
    from mldebt.plain_facts import hides_arguments as hides_arguments
    from mldebt.plain_facts import imported_name as imported_name
    from mldebt.plain_facts import keyword_argument as keyword_argument
    from mldebt.project import Project as Project
    from mldebt.project import Site as Site
    from mldebt.project import SourceFacts as SourceFacts
    from mldebt.project.accesses import DataAccess as DataAccess
    from mldebt.project.addresses import Address as Address
    from mldebt.project.addresses import addresses as addresses
    from mldebt.project.addresses import is_distinctive as is_distinctive
    from mldebt.project.admissions import Admission as Admission
    from mldebt.project.admissions import admissions as admissions
    from mldebt.project.allowed_versions import Wish as Wish
    from mldebt.project.artifacts import Artifact as Artifact
    from mldebt.project.artifacts import component_of as component_of
    from mldebt.project.artifacts import is_versioned as is_versioned
    from mldebt.project.branches import DeadSide as DeadSide
    from mldebt.project.branches import dead_sides as dead_sides
    from mldebt.project.branches import is_inert as is_inert
    from mldebt.project.branches import written as written
    from mldebt.project.call_fixes import argument_fix as argument_fix
    from mldebt.project.call_fixes import argument_removal as argument_removal
    from mldebt.project.call_fixes import method_fix as method_fix
    from mldebt.project.call_fixes import product_fix as product_fix
    from mldebt.project.call_fixes import sorting_fix as sorting_fix
    from mldebt.project.call_fixes import unwrapping_fix as unwrapping_fix
    from mldebt.project.call_fixes import variable_fix as variable_fix
    from mldebt.project.cell_reads import CellRead as CellRead
    from mldebt.project.cell_reads import cell_reads as cell_reads
    from mldebt.project.cell_texts import text_above as text_above
    from mldebt.project.clocks import clock_uses as clock_uses
    from mldebt.project.clones import CloneClass as CloneClass
    from mldebt.project.clones import CloneMember as CloneMember
    from mldebt.project.clones import is_worth_sharing as is_worth_sharing
    from mldebt.project.clones import line_similarity as line_similarity
    from mldebt.project.closures import data_closures as data_closures
    from mldebt.project.columns import DeadColumn as DeadColumn
    from mldebt.project.columns import dead_columns as dead_columns
    from mldebt.project.config_families import Leaves as Leaves
    from mldebt.project.config_families import config_families as config_families
    from mldebt.project.config_families import is_variant as is_variant
    from mldebt.project.config_families import leaves_of as leaves_of
    from mldebt.project.config_families import merged_documents as merged_documents
    from mldebt.project.config_families import stands_alone as stands_alone
    from mldebt.project.config_parts import ConfigPart as ConfigPart
    from mldebt.project.config_parts import config_parts as config_parts
    from mldebt.project.config_parts import may_configure as may_configure
    from mldebt.project.copied_blocks import CopiedBlock as CopiedBlock
    from mldebt.project.copied_blocks import connected_blocks as connected_blocks
    from mldebt.project.copied_blocks import find_copied_blocks as find_copied_blocks
    from mldebt.project.copied_blocks import is_covered as is_covered
    from mldebt.project.copied_stretches import CopiedStretch as CopiedStretch
    from mldebt.project.copied_stretches import copied_stretches as copied_stretches
    from mldebt.project.copying import is_kept as is_kept
    from mldebt.project.copying import parts_that_copy as parts_that_copy
    from mldebt.project.declared_flow import ParamRead as ParamRead
    from mldebt.project.declared_flow import StageFlow as StageFlow
    from mldebt.project.declared_flow import stage_flows as stage_flows
    from mldebt.project.declared_flow import undeclared_params as undeclared_params
    from mldebt.project.deployments import production_servers as production_servers
    from mldebt.project.derivations import comes_from as comes_from
    from mldebt.project.derivations import is_appended_to as is_appended_to
    from mldebt.project.discarded_transformers import DiscardedTransformer as DiscardedTransformer
    from mldebt.project.discarded_transformers import discarded_transformers as discarded_transformers
    from mldebt.project.dispatches import Dispatch as Dispatch
    from mldebt.project.distributions import is_declared as is_declared
    from mldebt.project.downloads import computes_digest as computes_digest
    from mldebt.project.downloads import downloaded_from as downloaded_from
    from mldebt.project.draws import Draw as Draw
    from mldebt.project.draws import unseeded_draws as unseeded_draws
    from mldebt.project.drivers import Driver as Driver
    from mldebt.project.drivers import rival_drivers as rival_drivers
    from mldebt.project.endpoints import Endpoint as Endpoint
    from mldebt.project.endpoints import endpoints as endpoints
    from mldebt.project.environment_reads import undeclared_environment as undeclared_environment
    from mldebt.project.executed_files import executed_files as executed_files
    from mldebt.project.executed_files import file_read as file_read
    from mldebt.project.flags import dated_flags as dated_flags
    from mldebt.project.flags import is_wanted as is_wanted
    from mldebt.project.flags import last_day as last_day
    from mldebt.project.foreign import Foreign as Foreign
    from mldebt.project.foreign import find_foreign as find_foreign
    from mldebt.project.foreign import foreign_accesses as foreign_accesses
    from mldebt.project.foreign import is_untyped as is_untyped
    from mldebt.project.foreign import started_scripts as started_scripts
    from mldebt.project.gated_steps import gated_steps as gated_steps
    from mldebt.project.global_state import SharedGlobals as SharedGlobals
    from mldebt.project.global_state import shared_globals as shared_globals
    from mldebt.project.handed_options import keyword_dictionaries as keyword_dictionaries
    from mldebt.project.handlers import SILENT as SILENT
    from mldebt.project.handlers import hides_everything as hides_everything
    from mldebt.project.handlers import is_tried_again as is_tried_again
    from mldebt.project.handlers import only_tells as only_tells
    from mldebt.project.handlers import tells as tells
    from mldebt.project.handlers import tried_around as tried_around
    from mldebt.project.handoffs import Handoff as Handoff
    from mldebt.project.handoffs import needs_a_notebook as needs_a_notebook
    from mldebt.project.held_out_choices import held_out_choices as held_out_choices
    from mldebt.project.idle_settings import IdleSettings as IdleSettings
    from mldebt.project.idle_settings import idle_settings as idle_settings
    from mldebt.project.idle_switches import IdleSwitch as IdleSwitch
    from mldebt.project.images import built_images as built_images
    from mldebt.project.images import floats as floats
    from mldebt.project.images import images_of as images_of
    from mldebt.project.images import repository as repository
    from mldebt.project.influences import Influence as Influence
    from mldebt.project.influences import influences as influences
    from mldebt.project.influences import is_randomised as is_randomised
    from mldebt.project.influences import is_trained_on as is_trained_on
    from mldebt.project.influences import written_predictions as written_predictions
    from mldebt.project.inner_copies import repeated_functions as repeated_functions
    from mldebt.project.inner_copies import rows_of_blocks as rows_of_blocks
    from mldebt.project.insertions import constant_fix as constant_fix
    from mldebt.project.insertions import seed_fix as seed_fix
    from mldebt.project.insertions import variable_example_fix as variable_example_fix
    from mldebt.project.joined_paths import joined_paths as joined_paths
    from mldebt.project.kinship import Kinship as Kinship
    from mldebt.project.latest_files import LatestChoice as LatestChoice
    from mldebt.project.latest_files import latest_choices as latest_choices
    from mldebt.project.left_over_columns import left_over_table as left_over_table
    from mldebt.project.llm_calls import LlmCall as LlmCall
    from mldebt.project.llm_calls import answers_in as answers_in
    from mldebt.project.lost_transformers import LostTransformer as LostTransformer
    from mldebt.project.lost_transformers import lost_transformers as lost_transformers
    from mldebt.project.manifests import Dependency as Dependency
    from mldebt.project.manifests import Manifest as Manifest
    from mldebt.project.manifests import imported_modules as imported_modules
    from mldebt.project.manifests import is_library as is_library
    from mldebt.project.manifests import is_locked as is_locked
    from mldebt.project.manifests import manifests as manifests
    from mldebt.project.missing_keys import MissingKey as MissingKey
    from mldebt.project.missing_names import is_missing_module as is_missing_module
    from mldebt.project.missing_names import lacking_module as lacking_module
    from mldebt.project.missing_names import star_names as star_names
    from mldebt.project.model_outputs import Output as Output
    from mldebt.project.model_outputs import is_number as is_number
    from mldebt.project.model_outputs import is_out_of_fold as is_out_of_fold
    from mldebt.project.model_saves import ModelSave as ModelSave
    from mldebt.project.model_saves import is_handed_on as is_handed_on
    from mldebt.project.model_saves import is_recorded as is_recorded
    from mldebt.project.model_saves import records_quality as records_quality
    from mldebt.project.model_saves import written_objects as written_objects
    from mldebt.project.model_ways import ModelWays as ModelWays
    from mldebt.project.model_ways import ways_to_models as ways_to_models
    from mldebt.project.name_lists import NameList as NameList
    from mldebt.project.name_lists import name_lists as name_lists
    from mldebt.project.named_files import NamedFiles as NamedFiles
    from mldebt.project.namespaces import Namespaces as Namespaces
    from mldebt.project.notebook_copies import is_exported_notebook as is_exported_notebook
    from mldebt.project.notebook_copies import is_teaching as is_teaching
    from mldebt.project.options import Option as Option
    from mldebt.project.orders import Disorder as Disorder
    from mldebt.project.orders import disorders as disorders
    from mldebt.project.overlays import redundant_settings as redundant_settings
    from mldebt.project.parked_alternatives import parked_alternatives as parked_alternatives
    from mldebt.project.parked_definitions import parked_definitions as parked_definitions
    from mldebt.project.parked_lines import parked_lines as parked_lines
    from mldebt.project.parked_steps import ParkedStep as ParkedStep
    from mldebt.project.parked_steps import parked_steps as parked_steps
    from mldebt.project.partial_fills import partly_filled as partly_filled
    from mldebt.project.path_patches import PathPatches as PathPatches
    from mldebt.project.path_patches import find_path_patches as find_path_patches
    from mldebt.project.phantoms import phantoms as phantoms
    from mldebt.project.phases import Event as Event
    from mldebt.project.phases import Program as Program
    from mldebt.project.pipeline_requests import pipeline_requests as pipeline_requests
    from mldebt.project.prediction_patches import prediction_patches as prediction_patches
    from mldebt.project.processes import Process as Process
    from mldebt.project.processes import is_code as is_code
    from mldebt.project.proposals import deletion as deletion
    from mldebt.project.proposals import listing_fix as listing_fix
    from mldebt.project.qualify import qualified as qualified
    from mldebt.project.refits import Refit as Refit
    from mldebt.project.refits import refits as refits
    from mldebt.project.releases import has_gate as has_gate
    from mldebt.project.releases import workflow_releases as workflow_releases
    from mldebt.project.removals import branch_removal as branch_removal
    from mldebt.project.removals import comment_removal as comment_removal
    from mldebt.project.removals import entry_removal as entry_removal
    from mldebt.project.removals import location_entry as location_entry
    from mldebt.project.removals import statement_removal as statement_removal
    from mldebt.project.requests_to_models import UncheckedRequest as UncheckedRequest
    from mldebt.project.requests_to_models import unchecked_requests as unchecked_requests
    from mldebt.project.round_trips import find_round_trips as find_round_trips
    from mldebt.project.row_limits import row_limits as row_limits
    from mldebt.project.row_loops import row_loops as row_loops
    from mldebt.project.score_cuts import ScoreCut as ScoreCut
    from mldebt.project.score_cuts import Scores as Scores
    from mldebt.project.score_cuts import score_cuts as score_cuts
    from mldebt.project.script_families import are_family as are_family
    from mldebt.project.script_families import script_families as script_families
    from mldebt.project.services import prepares_data as prepares_data
    from mldebt.project.services import serves as serves
    from mldebt.project.setting_documents import is_near_settings as is_near_settings
    from mldebt.project.setting_documents import setting_documents as setting_documents
    from mldebt.project.shared_attributes import SharedAttribute as SharedAttribute
    from mldebt.project.shared_attributes import shared_attributes as shared_attributes
    from mldebt.project.single_values import SingleValue as SingleValue
    from mldebt.project.specifiers import exclude as exclude
    from mldebt.project.splits import Split as Split
    from mldebt.project.stale_declarations import stale_declarations as stale_declarations
    from mldebt.project.stored_data import doubly_tracked as doubly_tracked
    from mldebt.project.stored_data import stored_data as stored_data
    from mldebt.project.strings import strings_of as strings_of
    from mldebt.project.switches import Switch as Switch
    from mldebt.project.symbol_uses import SymbolUse as SymbolUse
    from mldebt.project.symbol_uses import symbol_uses as symbol_uses
    from mldebt.project.table_fixes import assigning_fix as assigning_fix
    from mldebt.project.table_fixes import detaching_fix as detaching_fix
    from mldebt.project.table_fixes import kept_result_fix as kept_result_fix
    from mldebt.project.table_fixes import missing_test_fix as missing_test_fix
    from mldebt.project.table_fixes import one_selection_fix as one_selection_fix
    from mldebt.project.time_order import Sign as Sign
    from mldebt.project.time_order import signs as signs
    from mldebt.project.tiny_copies import tiny_copies as tiny_copies
    from mldebt.project.torch_modes import stuck_in_evaluation as stuck_in_evaluation
    from mldebt.project.torch_modules import blocks_without_grad as blocks_without_grad
    from mldebt.project.torch_modules import called_without_grad as called_without_grad
    from mldebt.project.torch_modules import differs_in_training as differs_in_training
    from mldebt.project.torch_modules import is_dataset as is_dataset
    from mldebt.project.torch_modules import is_module as is_module
    from mldebt.project.trails import Learned as Learned
    from mldebt.project.trails import Trail as Trail
    from mldebt.project.training_and_serving import train_and_serve as train_and_serve
    from mldebt.project.training_columns import TrainingColumns as TrainingColumns
    from mldebt.project.training_columns import made_from as made_from
    from mldebt.project.training_columns import made_of as made_of
    from mldebt.project.training_columns import taken_out as taken_out
    from mldebt.project.training_columns import training_columns as training_columns
    from mldebt.project.training_joins import TrainingJoin as TrainingJoin
    from mldebt.project.training_joins import training_joins as training_joins
    from mldebt.project.two_sides import find_mismatches as find_mismatches
    from mldebt.project.undefined_reads import UndefinedRead as UndefinedRead
    from mldebt.project.undefined_reads import undefined_reads as undefined_reads
    from mldebt.project.unnamed_tables import unnamed_tables as unnamed_tables
    from mldebt.project.unselected import Unselected as Unselected
    from mldebt.project.unselected import find_unselected as find_unselected
    from mldebt.project.unused_settings import UnusedSetting as UnusedSetting
    from mldebt.project.unused_variables import unused_variables as unused_variables
    from mldebt.project.unusual_numbers import unusual_numbers as unusual_numbers
    from mldebt.project.unwritten_keys import unwritten_keys as unwritten_keys
    from mldebt.project.versions import VersionedCopy as VersionedCopy
    from mldebt.project.walk import is_plain as is_plain
    from mldebt.project.walk import names_in as names_in
    from mldebt.project.walk import root_name as root_name
    from mldebt.project.walk import walk as walk
    from mldebt.project.walk import walk_calls as walk_calls
    from mldebt.project.weighted_sums import assigned_values as assigned_values
    from mldebt.project.weighted_sums import column_of_file as column_of_file
    from mldebt.project.weighted_sums import reads_tables as reads_tables
    from mldebt.project.weighted_sums import weighted_terms as weighted_terms
    from mldebt.project.worker_seeds import draws_in_workers as draws_in_workers
    from mldebt.project.worker_seeds import repeats_its_seed as repeats_its_seed
    from mldebt.rule import Rule as Rule
    from mldebt.source import Kind as Kind
    from mldebt.source import Location as Location
    from mldebt.source import Role as Role
    from mldebt.source import Span as Span
    from mldebt.values import are_nested as are_nested
    from mldebt.values import known_texts as known_texts
    from mldebt.values import lies_in as lies_in
    from mldebt.values import show as show

_HOMES = {
    "mldebt.plain_facts": "hides_arguments imported_name keyword_argument",
    "mldebt.declarations.contracts": "is_tried_first is_watched",
    "mldebt.declarations.model": "Declared Stage StageCommand",
    "mldebt.finding": "Confidence Edit Finding Fix Profile Related Safety Severity",
    "mldebt.project": "Project Site SourceFacts",
    "mldebt.project.inner_copies": "repeated_functions rows_of_blocks",
    "mldebt.project.accesses": "DataAccess",
    "mldebt.project.addresses": "Address addresses is_distinctive",
    "mldebt.project.admissions": "Admission admissions",
    "mldebt.project.allowed_versions": "Wish",
    "mldebt.project.artifacts": "Artifact component_of is_versioned",
    "mldebt.project.branches": "DeadSide dead_sides is_inert written",
    "mldebt.project.cell_reads": "CellRead cell_reads",
    "mldebt.project.cell_texts": "text_above",
    "mldebt.project.copied_blocks": "CopiedBlock connected_blocks find_copied_blocks is_covered",
    "mldebt.project.copied_stretches": "CopiedStretch copied_stretches",
    "mldebt.project.declared_flow": "ParamRead StageFlow stage_flows undeclared_params",
    "mldebt.project.config_families": "Leaves config_families is_variant leaves_of merged_documents stands_alone",
    "mldebt.project.config_parts": "ConfigPart config_parts may_configure",
    "mldebt.project.environment_reads": "undeclared_environment",
    "mldebt.project.drivers": "Driver rival_drivers",
    "mldebt.project.endpoints": "Endpoint endpoints",
    "mldebt.project.clocks": "clock_uses",
    "mldebt.project.clones": "CloneClass CloneMember is_worth_sharing line_similarity",
    "mldebt.project.global_state": "SharedGlobals shared_globals",
    "mldebt.project.handed_options": "keyword_dictionaries",
    "mldebt.project.handlers": "SILENT hides_everything is_tried_again only_tells tells tried_around",
    "mldebt.project.held_out_choices": "held_out_choices",
    "mldebt.project.idle_settings": "IdleSettings idle_settings",
    "mldebt.project.idle_switches": "IdleSwitch",
    "mldebt.project.images": "built_images floats images_of repository",
    "mldebt.project.executed_files": "executed_files file_read",
    "mldebt.project.flags": "dated_flags is_wanted last_day",
    "mldebt.project.foreign": "Foreign find_foreign foreign_accesses is_untyped started_scripts",
    "mldebt.project.gated_steps": "gated_steps",
    "mldebt.project.handoffs": "Handoff needs_a_notebook",
    "mldebt.project.deployments": "production_servers",
    "mldebt.project.derivations": "comes_from is_appended_to",
    "mldebt.project.joined_paths": "joined_paths",
    "mldebt.project.refits": "Refit refits",
    "mldebt.project.setting_documents": "is_near_settings setting_documents",
    "mldebt.project.unusual_numbers": "unusual_numbers",
    "mldebt.project.discarded_transformers": "DiscardedTransformer discarded_transformers",
    "mldebt.project.dispatches": "Dispatch",
    "mldebt.project.downloads": "computes_digest downloaded_from",
    "mldebt.project.distributions": "is_declared",
    "mldebt.project.draws": "Draw unseeded_draws",
    "mldebt.project.kinship": "Kinship",
    "mldebt.project.latest_files": "LatestChoice latest_choices",
    "mldebt.project.left_over_columns": "left_over_table",
    "mldebt.project.llm_calls": "LlmCall answers_in",
    "mldebt.project.lost_transformers": "LostTransformer lost_transformers",
    "mldebt.project.manifests": "Dependency Manifest imported_modules is_library is_locked manifests",
    "mldebt.project.named_files": "NamedFiles",
    "mldebt.project.notebook_copies": "is_exported_notebook is_teaching",
    "mldebt.project.name_lists": "NameList name_lists",
    "mldebt.project.missing_keys": "MissingKey",
    "mldebt.project.missing_names": "is_missing_module lacking_module star_names",
    "mldebt.project.model_outputs": "Output is_number is_out_of_fold",
    "mldebt.project.model_saves": "ModelSave is_handed_on is_recorded written_objects records_quality",
    "mldebt.project.model_ways": "ModelWays ways_to_models",
    "mldebt.project.namespaces": "Namespaces",
    "mldebt.project.options": "Option",
    "mldebt.project.orders": "Disorder disorders",
    "mldebt.project.overlays": "redundant_settings",
    "mldebt.project.parked_alternatives": "parked_alternatives",
    "mldebt.project.parked_definitions": "parked_definitions",
    "mldebt.project.parked_lines": "parked_lines",
    "mldebt.project.parked_steps": "ParkedStep parked_steps",
    "mldebt.project.path_patches": "PathPatches find_path_patches",
    "mldebt.project.phases": "Event Program",
    "mldebt.project.partial_fills": "partly_filled",
    "mldebt.project.phantoms": "phantoms",
    "mldebt.project.prediction_patches": "prediction_patches",
    "mldebt.project.pipeline_requests": "pipeline_requests",
    "mldebt.project.processes": "Process is_code",
    "mldebt.project.call_fixes": "argument_fix argument_removal method_fix product_fix sorting_fix unwrapping_fix "
    "variable_fix",
    "mldebt.project.influences": "Influence influences is_randomised is_trained_on written_predictions",
    "mldebt.project.insertions": "constant_fix seed_fix variable_example_fix",
    "mldebt.project.removals": "branch_removal comment_removal entry_removal location_entry statement_removal",
    "mldebt.project.table_fixes": "assigning_fix detaching_fix kept_result_fix missing_test_fix one_selection_fix",
    "mldebt.project.proposals": "deletion listing_fix",
    "mldebt.project.qualify": "qualified",
    "mldebt.project.script_families": "are_family script_families",
    "mldebt.project.shared_attributes": "SharedAttribute shared_attributes",
    "mldebt.project.services": "prepares_data serves",
    "mldebt.project.row_loops": "row_loops",
    "mldebt.project.single_values": "SingleValue",
    "mldebt.project.splits": "Split",
    "mldebt.project.specifiers": "exclude",
    "mldebt.project.stale_declarations": "stale_declarations",
    "mldebt.project.releases": "has_gate workflow_releases",
    "mldebt.project.requests_to_models": "UncheckedRequest unchecked_requests",
    "mldebt.project.round_trips": "find_round_trips",
    "mldebt.project.row_limits": "row_limits",
    "mldebt.project.score_cuts": "ScoreCut Scores score_cuts",
    "mldebt.project.stored_data": "doubly_tracked stored_data",
    "mldebt.project.strings": "strings_of",
    "mldebt.project.switches": "Switch",
    "mldebt.project.symbol_uses": "SymbolUse symbol_uses",
    "mldebt.project.time_order": "Sign signs",
    "mldebt.project.training_columns": "TrainingColumns made_from made_of taken_out training_columns",
    "mldebt.project.training_joins": "TrainingJoin training_joins",
    "mldebt.project.tiny_copies": "tiny_copies",
    "mldebt.project.torch_modes": "stuck_in_evaluation",
    "mldebt.project.torch_modules": "blocks_without_grad called_without_grad differs_in_training is_dataset is_module",
    "mldebt.project.trails": "Learned Trail",
    "mldebt.project.two_sides": "find_mismatches",
    "mldebt.project.undefined_reads": "UndefinedRead undefined_reads",
    "mldebt.project.unnamed_tables": "unnamed_tables",
    "mldebt.project.unselected": "Unselected find_unselected",
    "mldebt.project.unused_settings": "UnusedSetting",
    "mldebt.project.unused_variables": "unused_variables",
    "mldebt.project.unwritten_keys": "unwritten_keys",
    "mldebt.project.training_and_serving": "train_and_serve",
    "mldebt.project.versions": "VersionedCopy",
    "mldebt.project.walk": "is_plain names_in root_name walk walk_calls",
    "mldebt.project.weighted_sums": "assigned_values column_of_file reads_tables weighted_terms",
    "mldebt.project.closures": "data_closures",
    "mldebt.project.copying": "is_kept parts_that_copy",
    "mldebt.project.columns": "DeadColumn dead_columns",
    "mldebt.project.worker_seeds": "draws_in_workers repeats_its_seed",
    "mldebt.rule": "Rule",
    "mldebt.source": "Kind Location Role Span",
    "mldebt.values": "are_nested known_texts lies_in show",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", "facts", *_HOME_OF]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    from importlib import import_module

    if name == "facts":
        return import_module("mldebt.facts")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'mldebt' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value
