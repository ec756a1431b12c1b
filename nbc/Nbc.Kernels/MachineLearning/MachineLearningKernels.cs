namespace Nbc.Kernels.MachineLearning;

/// <summary>Which class is the code of which operator of Descriptors/MachineLearning.cs.</summary>
internal static class MachineLearningKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        kernels["ml.array_feature_extractor"] = _ => new ArrayFeatureExtractorKernel();
        kernels["ml.binarizer"] = attributes => new BinarizerKernel(attributes);
        kernels["ml.cast_map"] = attributes => new CastMapKernel(attributes);
        kernels["ml.category_mapper"] = attributes => new CategoryMapperKernel(attributes);
        kernels["ml.dict_vectorizer"] = attributes => new DictVectorizerKernel(attributes);
        kernels["ml.feature_vectorizer"] = attributes => new FeatureVectorizerKernel(attributes);
        kernels["ml.imputer"] = attributes => new ImputerKernel(attributes);
        kernels["ml.label_encoder"] = attributes => new LabelEncoderKernel(attributes);
        kernels["ml.linear_classifier"] = attributes => new LinearClassifierKernel(attributes);
        kernels["ml.linear_regressor"] = attributes => new LinearRegressorKernel(attributes);
        kernels["ml.normalizer"] = attributes => new NormalizerKernel(attributes);
        kernels["ml.one_hot_encoder"] = attributes => new OneHotEncoderKernel(attributes);
        kernels["ml.scaler"] = attributes => new ScalerKernel(attributes);
        kernels["ml.svm_classifier"] = attributes => new SvmClassifierKernel(attributes);
        kernels["ml.svm_regressor"] = attributes => new SvmRegressorKernel(attributes);
        kernels["ml.tree_ensemble_classifier"] = attributes => new TreeClassifierKernel(attributes);
        kernels["ml.tree_ensemble_regressor"] = attributes => new TreeRegressorKernel(attributes);
        kernels["ml.tree_ensemble"] = attributes => new TreeEnsembleKernel(attributes);
        kernels["ml.zip_map"] = attributes => new ZipMapKernel(attributes);
    }
}
